"""What lies between a node and Redis fails, and what a cluster of Redis does itself: each member of a conversation sees
each message once and in order, and who is online is wrong for no longer than a lease.

`REPLYHQ_PAUSE_SECONDS` (8) is how long Redis is paused."""

import os
import time

import pytest

from support.bus import RedisBus
from support.cluster import Cluster, Sender, at, expect_all, member
from support.redis_cluster import RedisCluster
from support.server import configuration
from support.waiting import wait_until
from test_cluster import wait_for_sessions

PAUSE = float(os.environ.get("REPLYHQ_PAUSE_SECONDS", "8"))


def run_cluster(tmp_path_factory, bus, **presence):
    cluster = None
    try:
        cluster = Cluster(tmp_path_factory.mktemp, bus.start(), **presence)
        yield cluster
        cluster.stop()
    finally:
        if cluster:
            cluster.kill()
        bus.remove()


@pytest.fixture
def cluster(tmp_path_factory):
    yield from run_cluster(tmp_path_factory, RedisBus(), lease="3s")


@pytest.fixture
def sharded(tmp_path_factory):
    """Nodes on a Redis Cluster of three masters and their replicas, which need seconds to follow a master that died."""
    yield from run_cluster(tmp_path_factory, RedisBus(RedisCluster()), lease="20s")


@pytest.fixture
def proxy(cluster):
    proxy = cluster.bus.proxy()
    yield proxy
    proxy.close()


def pass_time(seconds, sender):
    """Messages go on meanwhile."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sender.wait_for_more(3)


# The network between a node and Redis

def cut_in_silence(proxy):
    proxy.stall()


def cut_with_a_reset(proxy):
    proxy.drop()


@pytest.mark.parametrize("cut", [cut_in_silence, cut_with_a_reset])
@pytest.mark.parametrize("lose", [False, True])
def test_a_node_that_is_cut_off_from_redis_misses_nothing_and_keeps_nothing_to_itself(cluster, proxy, sockets, cut, lose):
    a, b = cluster.node(), cluster.node(**cluster.bus.through(proxy))
    api = a.api()
    conversation = api.open()["id"]
    here, there = (member(sockets, node, api, conversation) for node in (a, b))
    agents = [sockets.stock_admin(node, api.app) for node in (a, b)]
    senders = [Sender([at(api, node)], conversation) for node in (a, b)]
    for sender in senders:
        sender.start()
        sender.wait_for_more(20)
    cut(proxy)
    for sender in senders:
        pass_time(4, sender)
    proxy.heal(lose=lose)
    for sender in senders:
        sender.wait_for_more(20)
    sent = [message for sender in senders for message in sender.finish()]
    for socket in (here, there, *agents):
        expect_all(api, conversation, socket, sent=sent)


def test_a_short_stall_is_no_loss(cluster, proxy, sockets):
    """Shorter than it takes to notice: what was held back arrives late, and nothing twice."""
    a, b = cluster.node(), cluster.node(**cluster.bus.through(proxy), command_timeout="20s")
    api = a.api()
    conversation = api.open()["id"]
    client = member(sockets, b, api, conversation)
    sender = Sender([at(api, a)], conversation)
    sender.start()
    for _ in range(3):
        proxy.stall()
        pass_time(0.5, sender)
        proxy.heal()
        sender.wait_for_more(10)
    expect_all(api, conversation, client, sent=sender.finish())
    assert "Redis cannot be used" not in b.log


def presence(socket, device):
    return [change["is_online"] for change in socket.received("presence:change") if change["device_id"] == device]


def test_who_is_on_a_node_that_is_cut_off_is_shown_offline_after_a_lease_and_online_again_soon_after(
        cluster, proxy, sockets):
    a, b = cluster.node(), cluster.node(**cluster.bus.through(proxy))
    api = a.api()
    agent = sockets.stock_admin(a, api.app)
    cluster.wait_until_heard(api.app, nodes=1)
    stays = sockets.stock_client(b, api)
    wait_until(lambda: presence(agent, api.device) == [True])
    cut = time.monotonic()
    proxy.stall()
    wait_until(lambda: presence(agent, api.device) == [True, False])
    offline = time.monotonic() - cut
    # The lease of 3 s, which may be due for renewal, the next look for those that ran out, and a slow machine.
    assert 0.5 < offline < 3 + 0.5 + 8, offline
    healed = time.monotonic()
    proxy.heal()
    wait_until(lambda: presence(agent, api.device) == [True, False, True])
    online = time.monotonic() - healed
    # The wait before the next attempt to connect doubles up to 5 s.
    assert online < 5 + 10, online
    print(f"cut off: shown offline after {offline:.2f} s; healed: online after {online:.2f} s")
    stays.fence()


# A client that moves, and a long pause

def test_a_client_that_reconnects_to_another_node_each_time_sees_everything_once_and_in_order(cluster, sockets):
    nodes = [cluster.node() for _ in range(3)]
    api = nodes[0].api()
    conversation = api.open()["id"]
    sender = Sender([at(api, node) for node in nodes], conversation)
    sender.start()
    seen, known, cursor = [], set(), 0
    for turn in range(12):
        node = nodes[turn % 3]
        client = member(sockets, node, api, conversation)
        # As clients do: first what was missed, then what comes; what is known already is passed over.
        missed = at(api, node).sync(conversation, after=cursor)
        cursor = missed[-1]["sequence"] if missed else cursor
        sender.wait_for_more(6)
        client.fence()
        client.close()
        for message in missed + client.received("message:new"):
            if message["id"] not in known:
                known.add(message["id"])
                seen.append(message["id"])
    sent = sender.finish()
    seen += [message["id"] for message in api.sync(conversation, after=cursor) if message["id"] not in known]
    stored = [message["id"] for message in api.sync(conversation)]
    assert seen == stored and set(sent) <= set(stored)


@pytest.mark.timeout(PAUSE + 180)
def test_a_redis_that_is_paused_for_long_costs_time_and_no_message(cluster, sockets):
    a, b = cluster.node(), cluster.node()
    api = a.api()
    conversation = api.open()["id"]
    clients = [member(sockets, node, api, conversation) for node in (a, b)]
    agent = sockets.stock_admin(b, api.app)
    cluster.wait_until_heard(api.app, nodes=1)
    # Known to the agent's node through Redis alone.
    elsewhere = api.sibling()
    stays = sockets.stock_client(a, elsewhere)
    wait_until(lambda: presence(agent, elsewhere.device) == [True])
    wait_for_sessions(agent, 3)
    sender = Sender([at(api, a), at(api, b)], conversation)
    sender.start()
    sender.wait_for_more(20)
    cluster.bus.freeze()
    try:
        pass_time(PAUSE, sender)
        # Each node still serves its own, and says no more than it knows.
        assert len(agent.call("sessions:list")["sessions"]) == 1
        assert presence(agent, elsewhere.device) == [True]
    finally:
        cluster.bus.freeze(False)
    healed = time.monotonic()
    wait_for_sessions(agent, 3)
    back = time.monotonic() - healed
    # The wait before the next attempt to connect doubles up to 5 s. Leases that ran out meanwhile may be noticed first.
    assert back < 5 + 10, back
    wait_until(lambda: presence(agent, elsewhere.device) in ([True], [True, False, True]))
    print(f"paused for {PAUSE} s: all sessions are listed {back:.2f} s after it goes on, "
          f"announced meanwhile: {presence(agent, elsewhere.device)[1:]}")
    sender.wait_for_more(20)
    sent = sender.finish()
    for socket in (*clients, agent):
        expect_all(api, conversation, socket, sent=sent)
    assert False not in presence(agent, api.device)
    assert presence(agent, elsewhere.device)[-1] is True
    stays.fence()


# Redis Cluster

def test_on_a_redis_cluster_messages_and_presence_reach_every_node(sharded, sockets):
    a, b = sharded.node(), sharded.node()
    api = a.api()
    devices = [api.sibling() for _ in range(12)]
    agents = [sockets.stock_admin(node, api.app) for node in (a, b)]
    sharded.wait_until_heard(api.app, nodes=2)
    conversations = [device.open()["id"] for device in devices]
    clients = [member(sockets, (a, b)[index % 2], device, conversations[index]) for index, device in enumerate(devices)]
    senders = [Sender([at(device, a), at(device, b)], conversation, count=20)
               for device, conversation in zip(devices, conversations)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(40)
    for device, conversation, client, sender in zip(devices, conversations, clients, senders):
        expect_all(device, conversation, client, sent=sender.finish())
    for agent in agents:
        wait_until(lambda: len(agent.received("message:new")) == 240)
        for conversation, sender in zip(conversations, senders):
            heard = [message["id"] for message in agent.received("message:new")
                     if message["conversation_id"] == conversation]
            assert heard == sender.sent
        wait_for_sessions(agent, 12)
        for device in devices:
            assert presence(agent, device.device) == [True]


def test_a_master_of_a_redis_cluster_that_dies_costs_time_and_no_message(sharded, sockets):
    a, b = sharded.node(), sharded.node()
    api = a.api()
    devices = [api.sibling() for _ in range(8)]
    agent = sockets.stock_admin(b, api.app)
    sharded.wait_until_heard(api.app, nodes=1)
    conversations = [device.open()["id"] for device in devices]
    clients = [member(sockets, b, device, conversation) for device, conversation in zip(devices, conversations)]
    senders = [Sender([at(device, a)], conversation) for device, conversation in zip(devices, conversations)]
    for sender in senders:
        sender.start()
        sender.wait_for_more(5)
    sharded.bus.server.masters[0].kill()
    sharded.bus.server.wait_for_takeover(sharded.bus.server.replicas[0])
    for sender in senders:
        sender.wait_for_more(10)
    sent = [sender.finish() for sender in senders]
    for device, conversation, client, messages in zip(devices, conversations, clients, sent):
        expect_all(device, conversation, client, sent=messages)
    wait_until(lambda: len(agent.received("message:new")) == sum(map(len, sent)))
    wait_for_sessions(agent, 8)
    for device in devices:
        assert presence(agent, device.device) == [True]


def test_the_wrong_mode_is_said_both_ways(own_server, cluster):
    listed = cluster.bus.plugins(cluster.database, cluster=True) + cluster.plugins
    config = configuration(plugins=listed, topology="redis")
    server = own_server(config, start=False).spawn()
    assert server.wait_end() != 0
    assert "take cluster: true away" in server.log + "\n".join(server.output)
