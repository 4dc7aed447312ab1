"""Several real servers on one database, joined by one bus."""

import threading

import requests

from .api import new_id
from .server import Server, configuration
from .waiting import wait_until


def plugins(lease, grace, limits):
    return [
        {"name": "Chat"},
        {"name": "Presence", "settings": {"offline_grace": grace, "lease": lease}},
        {"name": "SocketIO"},
        {"name": "LegacyWS"},
        {"name": "Rest", "settings": {"message_rate": 0, "device_rate": 0, "ip_rate": 0, **(limits or {})}},
        {"name": "Admin", "settings": {"client_key_login": True, "setup_rate": 0}},
    ]


class Cluster:
    """Nodes that are made on demand; `stop` asserts that those left went in good order."""

    def __init__(self, make_folder, bus, lease="15s", grace="300ms", limits=None):
        self.make_folder = make_folder
        self.bus = bus
        self.database = bus.create_database()
        self.plugins = plugins(lease, grace, limits)
        self.nodes = []

    def node(self, **settings):
        """`settings`: what this node is told otherwise of the bus, such as another way to it (`bus.through`)."""
        listed = self.bus.plugins(self.database, **settings) + self.plugins
        node = Server(self.make_folder("node"), configuration(plugins=listed, topology=self.bus.topology))
        self.nodes.append(node)
        return node.start()

    def wait_until_heard(self, app, nodes):
        """Returns when so many nodes hear what is published to the app's agents: what is told before is in the next
        list only."""
        self.bus.wait_until_heard(app, nodes)

    def stop(self):
        for node in self.nodes:
            node.stop()

    def kill(self):
        for node in self.nodes:
            node.kill()


class Sender(threading.Thread):
    """Sends one message after the other until it is told to stop, through any of several nodes. What was acknowledged is
    in `sent`; a send that failed is repeated under its own id, at another node, as a client does."""

    def __init__(self, apis, conversation, count=None):
        super().__init__(daemon=True)
        self.apis = apis
        self.conversation = conversation
        self.count = count
        self.sent = []
        self.stopped = threading.Event()
        self.failure = None
        self._grew = threading.Condition()

    def run(self):
        try:
            number = 0
            while not self.stopped.is_set() and (self.count is None or number < self.count):
                self._send(number)
                number += 1
        except Exception as error:  # Told to whoever waits for the end.
            self.failure = error

    def _send(self, number):
        draft = {"local_id": new_id(), "body": f"message {number}"}
        attempt = number
        while not self.stopped.is_set():
            api = self.apis[attempt % len(self.apis)]
            attempt += 1
            try:
                answer = api.post(f"/conversations/{self.conversation}/messages", draft, timeout=10)
            except (requests.ConnectionError, requests.Timeout):
                continue
            if answer.status_code == 200:
                with self._grew:
                    self.sent.append(answer.json()["message"]["id"])
                    self._grew.notify_all()
                return
            assert answer.status_code == 503, answer.text

    def wait_for_more(self, count, timeout=20):
        """Returns when so many more were acknowledged."""
        with self._grew:
            target = len(self.sent) + count
            assert self._grew.wait_for(lambda: len(self.sent) >= target, timeout), self.failure

    def finish(self):
        self.stopped.set()
        self.join(20)
        assert not self.is_alive() and self.failure is None, self.failure
        return self.sent


def expect_all(api, conversation, client, since=0, sent=()):
    """Waits until a socket has got everything the store has, and asserts that it came once and in order."""
    # That other nodes took messages again does not mean that this one is back.
    stored = [message["id"] for message in api.sync(conversation, patience=40)]
    assert set(sent) <= set(stored), "a message was acknowledged and is not stored"
    assert len(set(stored)) == len(stored)
    wait_until(lambda: len(client.received("message:new")) >= len(stored) - since,
               lambda: f"{len(client.received('message:new'))} of {len(stored) - since}")
    client.fence()
    assert [message["id"] for message in client.received("message:new")] == stored[since:]


def member(sockets, node, api, conversation):
    """A stock client of the device on a node, in its conversation."""
    client = sockets.stock_client(node, api)
    assert client.call("conversation:join", {"conversation_id": conversation})["success"]
    return client


def at(api, node):
    """The same device over another node."""
    other = api.copy()
    other.url = node.url
    return other
