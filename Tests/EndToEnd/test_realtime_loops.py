"""Realtime over several event loops: order and completeness while sockets join, leave and vanish."""

import json
import socket
import struct
import threading

import pytest
import websocket

from support.sockets import decode

UNLIMITED = {"events_per_second": 0, "typing_per_second": 0, "joins_per_second": 0, "connections_per_device": 0}


@pytest.fixture(scope="module")
def loops(module_server):
    """A server with four loops; connections are dealt out to them in turn."""
    return module_server(server={"event_loops": 4}, settings={"SocketIO": UNLIMITED})


@pytest.fixture
def api(loops):
    return loops.api(loops.create_app())


class Posting:
    """Threads that post into one conversation, each so many messages, or until they are stopped."""

    def __init__(self, api, conversation, threads=1, count=None, body="Message"):
        self.failures = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._post, args=(api.copy(), conversation, thread, count, body))
                         for thread in range(threads)]

    def _post(self, api, conversation, thread, count, body):
        try:
            number = 0
            while number != count and not self._stop.is_set():
                api.send(conversation, f"{body} {thread}.{number}")
                number += 1
        except Exception as failure:
            self.failures.append(failure)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def join(self):
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()
        assert not self.failures

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        assert not self.failures


def new_messages(frames, namespace="/client"):
    return [decode(frame)[3][1] for frame in frames if frame.startswith(f'42{namespace},["message:new"')]


def assert_run(received, stored):
    """Asserts that ids are a piece of the stored order without a gap, and answers where it begins."""
    if not received:
        return None
    start = stored.index(received[0])
    assert received == stored[start:start + len(received)]
    return start


def test_members_on_every_loop_get_each_message_once_and_in_one_order(loops, api, sockets):
    conversation = api.open()["id"]
    clients = [sockets.client(loops, api) for _ in range(8)]
    agents = [sockets.admin(loops, api.app) for _ in range(4)]
    for client in clients:
        client.wait("conversation:joined")

    with Posting(api, conversation, threads=4, count=25) as posting:
        posting.join()

    stored = [message["id"] for message in api.sync(conversation)]
    assert len(stored) == 100
    for listener in clients + agents:
        listener.fence()
        assert [message["id"] for message in listener.events("message:new")] == stored


def test_whoever_joins_and_leaves_meanwhile_misses_nothing_between_the_two(loops, api, sockets):
    conversation = api.open()["id"]
    api.send(conversation, "First")
    clients = [sockets.client(loops, api) for _ in range(4)]
    for client in clients:
        client.wait("conversation:joined")
        client.emit("conversation:leave", {"conversation_id": conversation})
        client.fence()
    stays = []

    def come_and_go(client):
        for _ in range(40):
            before = len(client.frames)
            head = client.join(conversation)["last_message_id"]
            client.fence()
            client.emit("conversation:leave", {"conversation_id": conversation})
            client.fence()
            after = len(client.frames)
            # Nothing comes outside.
            client.fence()
            assert not new_messages(client.frames[after:])
            stays.append((head, [message["id"] for message in new_messages(client.frames[before:after])]))

    failures = []

    def run(client):
        try:
            come_and_go(client)
        except Exception as failure:
            failures.append(failure)

    with Posting(api, conversation, threads=2):
        threads = [threading.Thread(target=run, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    assert not failures
    stored = [message["id"] for message in api.sync(conversation)]
    assert len(stays) == 160
    assert any(received for _, received in stays), "nothing was posted while somebody was inside"
    for head, received in stays:
        start = assert_run(received, stored)
        assert start is None or start <= stored.index(head) + 1, "a message between the join's head and the first one is lost"


def test_a_leave_that_follows_its_join_at_once_wins(loops, api, sockets):
    inside = api.open(user={"id": "somebody"})["id"]
    other = api.open()["id"]
    client = sockets.client(loops, api)
    client.wait("conversation:joined")
    client.emit("conversation:leave", {"conversation_id": other})
    client.emit("conversation:leave", {"conversation_id": inside})
    client.fence()

    for number in range(10):
        frames = [f'42/client,{number}["conversation:join",{{"conversation_id":"{inside}"}}]',
                  f'42/client,["conversation:leave",{{"conversation_id":"{inside}"}}]']
        # Both in one segment, so that the leave is there while the join still asks the store.
        client.send_together(frames)
        client.until(lambda frame: frame.startswith(f'43/client,{number}[{{"success":true'))
        api.send(inside, f"Message {number}")
        client.fence()

    assert client.events("message:new") == []
    assert client.join(inside)["success"] is True
    heard = api.send(inside, "Last")
    client.fence()
    assert client.events("message:new") == [heard]


def test_an_agents_leave_that_follows_its_join_at_once_wins(loops, api, sockets):
    """Agents hear every message through their app's room; only those in a conversation may type in it."""
    conversation = api.open()["id"]
    client = sockets.client(loops, api)
    client.wait("conversation:joined")
    admin = sockets.admin(loops, api.app)
    payload = f'{{"conversation_id":"{conversation}"}}'
    frames = [f'42/admin,7["conversation:join",{payload}]', f'42/admin,["conversation:leave",{payload}]']
    admin.send_together(frames)
    admin.until(lambda frame: frame.startswith("43/admin,7["))
    admin.emit("typing:start", {"conversation_id": conversation})
    admin.fence()
    client.fence()
    assert client.events("agent:typing") == []
    assert admin.join(conversation)["success"] is True
    admin.emit("typing:start", {"conversation_id": conversation})
    client.wait("agent:typing")


# Connections that vanish

class Listener:
    """A device's socket without a thread of its own, which reads when it is told to."""

    def __init__(self, server, api):
        self.socket = websocket.create_connection(server.websocket(), timeout=20)
        self.messages = []
        self.socket.recv()
        self.socket.send("40/client," + json.dumps(api.auth))
        self.read_until('["conversation:joined"')

    def read_until(self, text):
        while True:
            frame = self.socket.recv()
            assert frame, "the server closed the socket"
            if frame == "2":
                self.socket.send("3")
            self.messages += new_messages([frame])
            if text in frame:
                return

    def reset(self):
        """Ends the connection by RST."""
        self.socket.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.sock.close()


def test_descriptors_of_reset_connections_carry_nothing_of_their_old_rooms(loops, api):
    """The kernel hands the number of a closed socket to the next one at once."""
    doomed = api.open()["id"]
    other = loops.api(loops.create_app())
    kept = other.open()["id"]
    survivors = []
    try:
        with Posting(api, doomed, threads=2), Posting(other, kept, threads=1):
            for _ in range(25):
                victims = [Listener(loops, api) for _ in range(4)]
                for victim in victims:
                    victim.reset()
                survivors += [Listener(loops, other) for _ in range(2)]
        last = other.send(kept, "The last one")
        stored = [message["id"] for message in other.sync(kept)]
        for survivor in survivors:
            survivor.read_until(last["id"])
            assert {message["conversation_id"] for message in survivor.messages} == {kept}
            received = [message["id"] for message in survivor.messages]
            start = assert_run(received, stored)
            assert start is not None and received[-1] == stored[-1]
    finally:
        for survivor in survivors:
            survivor.socket.close(timeout=2)
    # The rooms of those who vanished are empty, and whoever comes now hears everything.
    listener = Listener(loops, api)
    heard = api.send(doomed, "Still here")
    listener.read_until(heard["id"])
    assert listener.messages[-1] == heard
    listener.reset()
