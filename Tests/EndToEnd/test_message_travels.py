"""One message from the app to everybody who should see it: once each, in order, and none lost."""

import collections
import json
import select
import threading

import websocket

from support.api import App, new_id
from support.server import MASTER_KEY
from support.sockets import decode

import requests


def test_an_app_made_by_the_command_can_be_used_at_once(server):
    finished = server.command("apps", "create", "Made by the command", "--json")
    assert finished.returncode == 0, finished.stderr
    made = json.loads(finished.stdout)
    assert list(made) == ["id", "name", "api_key", "created_at"]
    assert made["name"] == "Made by the command"
    api = server.api(App(made["id"], made["api_key"]))
    assert api.send(api.open()["id"], "Hi")["body"] == "Hi"


def test_an_app_made_by_the_setup_route_can_be_used_at_once(server):
    answer = requests.post(f"{server.url}/setup/api/apps", json={"name": "  Made over HTTP "}, timeout=10,
                           headers={"X-Master-API-Key": MASTER_KEY})
    made = answer.json()["app"]
    assert answer.status_code == 200
    assert list(made) == ["id", "name", "api_key", "created_at"]
    assert made["name"] == "Made over HTTP"
    assert len(made["api_key"]) == 43
    api = server.api(App(made["id"], made["api_key"]))
    assert api.send(api.open()["id"], "Hi")["sender"] == "user"


def test_a_posted_message_reaches_two_clients_and_an_admin_once_each_and_in_order(server, api, app, sockets):
    conversation = api.open()["id"]
    clients = [sockets.stock_client(server, api) for _ in range(2)]
    admin = sockets.stock_admin(server, app)
    for client in clients:
        client.wait("conversation:joined")
    listeners = clients + [admin]

    sent = [api.send(conversation, f"Message {number}") for number in range(20)]

    for listener in listeners:
        assert listener.wait_many("message:new", len(sent)) == sent
        listener.fence()
        assert listener.received("message:new") == sent


def test_an_agents_answer_reaches_the_client_with_a_local_id_of_its_own(server, api, app, sockets):
    conversation = api.open()["id"]
    client = sockets.stock_client(server, api)
    admin = sockets.stock_admin(server, app)
    client.wait("conversation:joined")

    answers = [admin.call("message:send", {"conversation_id": conversation, "body": f"Answer {n}"}) for n in range(3)]

    assert all(answer["success"] for answer in answers)
    received = client.wait_many("message:new", 3)
    assert received == [answer["message"] for answer in answers]
    assert {message["sender"] for message in received} == {"agent"}
    assert len({message["local_id"] for message in received}) == 3


def test_a_sender_hears_its_own_message_by_the_time_of_the_answer(server, api):
    """The contract says normally: the two travel over different connections."""
    conversation = api.open()["id"]
    socket = websocket.create_connection(server.websocket(), timeout=10)
    try:
        socket.recv()
        socket.send("40/client," + json.dumps(api.auth))
        while '"conversation:joined"' not in socket.recv():
            pass
        early = collections.deque(maxlen=20)
        for number in range(200):
            message = api.send(conversation, f"Message {number}")
            early.append(bool(select.select([socket.sock], [], [], 0)[0]))
            assert decode(socket.recv())[3] == ["message:new", message]
            if sum(early) == 15:
                break
        # Of twenty in a row, as a busy machine may hold some up.
        assert sum(early) == 15
    finally:
        socket.close()


def test_reconnecting_and_syncing_misses_nothing_and_doubles_nothing(server, api, sockets):
    conversation = api.open()["id"]
    client = sockets.stock_client(server, api)
    client.wait("conversation:joined")
    seen = [api.send(conversation, f"Before {number}") for number in range(5)]
    assert client.wait_many("message:new", 5) == seen
    cursor = api.sync(conversation)[-1]["sequence"]

    client.close()
    missed = [api.send(conversation, f"Meanwhile {number}") for number in range(30)]
    client = sockets.stock_client(server, api)
    client.wait("connected")
    client.wait("conversation:joined")
    caught_up = api.sync(conversation, after=cursor, limit=7)
    live = [api.send(conversation, f"After {number}") for number in range(5)]
    received = client.wait_many("message:new", 5)

    assert [message["id"] for message in caught_up] == [message["id"] for message in missed]
    assert received == live
    everything = [message["id"] for message in seen + caught_up + received]
    assert len(set(everything)) == 40
    assert [message["id"] for message in api.sync(conversation)] == everything


def test_messages_posted_at_once_are_seen_by_everyone_in_the_order_of_their_numbers(server, api, app, sockets):
    conversation = api.open()["id"]
    listeners = [sockets.stock_client(server, api) for _ in range(3)] + [sockets.stock_admin(server, app)]
    for client in listeners[:3]:
        client.wait("conversation:joined")
    failures = []

    def post(thread):
        try:
            own = api.copy()
            for number in range(20):
                own.send(conversation, f"{thread}.{number}")
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=post, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    stored = api.sync(conversation)
    assert len(stored) == 120
    numbers = [message["sequence"] for message in stored]
    assert numbers == sorted(set(numbers))
    for listener in listeners:
        received = listener.wait_many("message:new", 120)
        assert [message["id"] for message in received] == [message["id"] for message in stored]
        listener.fence()
        assert len(listener.received("message:new")) == 120


def test_numbers_grow_over_all_conversations_of_a_device(server, api):
    """A client keeps one cursor for everything."""
    anonymous = api.open()["id"]
    api.send(anonymous, "First")
    named = api.open(user={"id": f"user-{new_id()}"})["id"]
    assert named != anonymous
    api.send(named, "Second")
    api.send(anonymous, "Third")
    first, third = [message["sequence"] for message in api.sync(anonymous)]
    second = api.sync(named)[0]["sequence"]
    assert first < second < third
