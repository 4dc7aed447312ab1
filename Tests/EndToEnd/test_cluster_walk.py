"""A random walk over a cluster: nodes are killed and join, the bus and the way to it fail, clients move. Afterwards each socket
has seen a run of its conversation without a gap, a repeat or a change of order, and those still open all of it.

`REPLYHQ_WALK_SECONDS` (15) and `REPLYHQ_WALK_SEED` make it longer, or the same again."""

import collections
import os
import random
import time

import pytest

from support.bus import BUSES
from support.cluster import Cluster, Sender

SECONDS = float(os.environ.get("REPLYHQ_WALK_SECONDS", "15"))
SEED = int(os.environ.get("REPLYHQ_WALK_SEED", "20"))
PATIENCE = 60


class Session:
    """One socket in one conversation, from its join to its end."""

    def __init__(self, sockets, node, api, conversation):
        self.node = node
        self.api = api
        self.conversation = conversation
        self.client = sockets.stock_client(node, api)
        answer = self.client.call("conversation:join", {"conversation_id": conversation})
        assert answer["success"], answer
        self.last_known = answer.get("last_message_id")

    @property
    def seen(self):
        return [message["id"] for message in self.client.received("message:new")
                if message["conversation_id"] == self.conversation]

    def close(self):
        self.client.close()

    def check(self, stored, is_open):
        seen = self.seen
        if seen:
            start = stored.index(seen[0])
            assert seen == stored[start:start + len(seen)], (self.conversation, first_difference(seen, stored[start:]))
        else:
            start = len(stored)
        known = stored.index(self.last_known) + 1 if self.last_known else 0
        if seen or is_open:
            assert start <= known, f"{self.conversation}: told of {known} messages, then heard from number {start} on"
        if is_open:
            assert start + len(seen) == len(stored), f"{len(stored) - start - len(seen)} messages are missing"


def first_difference(seen, stored):
    for index, (left, right) in enumerate(zip(seen, stored)):
        if left != right:
            return f"at {index}: {left} in place of {right}"
    return "longer than what is stored"


class Walk:
    def __init__(self, cluster, bus, sockets):
        self.cluster, self.bus, self.sockets = cluster, bus, sockets
        self.random = random.Random(SEED)
        self.proxies = [bus.proxy() for _ in range(3)]
        self.nodes = [self.node(index) for index in range(3)]
        self.api = self.nodes[0].api()
        self.devices = [self.api.sibling() for _ in range(4)]
        self.conversations = [device.open()["id"] for device in self.devices]
        self.ended = []
        self.open = [self.session(index) for index in range(4)]
        self.senders = [Sender(self.everywhere(device), conversation)
                        for device, conversation in zip(self.devices, self.conversations)]

    def node(self, index):
        return self.cluster.node(**self.bus.through(self.proxies[index]))

    def everywhere(self, device):
        apis = []
        for node in self.nodes:
            api = device.copy()
            api.url = node.url
            apis.append(api)
        return apis

    def session(self, index):
        node = self.random.choice(self.nodes)
        return Session(self.sockets, node, self.devices[index], self.conversations[index])

    # Steps

    def move(self):
        index = self.random.randrange(4)
        old, self.open[index] = self.open[index], self.session(index)
        old.close()
        self.ended.append(old)

    def replace_node(self):
        """A node dies, and another takes its place; its clients go elsewhere."""
        index = self.random.randrange(3)
        dead = self.nodes[index]
        dead.kill()
        self.nodes[index] = self.node(index)
        for sender, device in zip(self.senders, self.devices):
            sender.apis[:] = self.everywhere(device)
        for place, session in enumerate(self.open):
            if session.node is dead:
                self.ended.append(session)
                self.open[place] = self.session(place)

    def restart_bus(self):
        self.bus.kill()
        self.wait(self.random.uniform(0, 1))
        self.bus.start()

    def freeze_bus(self):
        self.bus.freeze()
        self.wait(self.random.uniform(0, 3))
        self.bus.freeze(False)

    def cut_connections(self):
        self.bus.cut(self.random)

    def cut_network(self):
        """One node loses its way to the bus, in silence or at once; what was held back may arrive."""
        proxy = self.random.choice(self.proxies)
        self.random.choice([proxy.stall, proxy.drop])()
        self.wait(self.random.uniform(0, 4))
        proxy.heal(lose=self.random.choice([False, True]))

    def wait(self, seconds):
        """Lets messages pass for about so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.random.choice(self.senders).wait_for_more(1, timeout=PATIENCE)

    def run(self):
        for sender in self.senders:
            sender.start()
        end = time.monotonic() + SECONDS
        steps = [self.move] * 6 + [self.cut_connections] * 3 + [
            self.cut_network, self.restart_bus, self.freeze_bus, self.replace_node]
        taken = collections.Counter()
        while time.monotonic() < end:
            self.wait(self.random.uniform(0, 0.5))
            step = self.random.choice(steps)
            step()
            taken[step.__name__] += 1
        print(dict(taken))
        return [sender.finish() for sender in self.senders]

    def check(self, sent):
        for index, (device, conversation) in enumerate(zip(self.devices, self.conversations)):
            api = device.copy()
            api.url = self.nodes[0].url
            stored = [message["id"] for message in api.sync(conversation, patience=PATIENCE)]
            assert set(sent[index]) <= set(stored) and len(set(stored)) == len(stored)
            session = self.open[index]
            end = time.monotonic() + PATIENCE
            while stored[-1] not in session.seen and time.monotonic() < end:
                time.sleep(0.05)
            session.client.fence()
            session.check(stored, is_open=True)
            for ended in self.ended:
                if ended.conversation == conversation:
                    ended.check(stored, is_open=False)


@pytest.fixture(params=list(BUSES))
def walk(request, tmp_path_factory, sockets):
    bus = BUSES[request.param]()
    cluster = None
    try:
        cluster = Cluster(tmp_path_factory.mktemp, bus.start())
        walk = Walk(cluster, bus, sockets)
        yield walk
        for node in cluster.nodes:
            node.stop()
        for proxy in walk.proxies:
            proxy.close()
    finally:
        if cluster is not None:
            cluster.kill()
        bus.remove()


@pytest.mark.timeout(SECONDS + 180)
def test_whatever_fails_each_socket_sees_its_conversation_without_gap_or_repeat(walk):
    print(f"seed {SEED}, {SECONDS} s")
    sent = walk.run()
    assert all(len(messages) > 20 for messages in sent)
    walk.check(sent)
    print(f"{sum(map(len, sent))} messages, {len(walk.ended) + len(walk.open)} sessions, {len(walk.cluster.nodes)} nodes")
