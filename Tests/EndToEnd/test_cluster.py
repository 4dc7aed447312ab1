"""Two and three nodes on one Redis: each member of a conversation sees each message once and in order, whatever fails."""

import time

import pytest

from support.cluster import Cluster, Sender, at, expect_all, member
from support.redis import RedisServer
from support.server import configuration
from support.waiting import wait_until

PATIENCE = 40


@pytest.fixture
def redis():
    server = RedisServer()
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def cluster(tmp_path_factory, postgres, redis):
    cluster = Cluster(tmp_path_factory.mktemp, postgres, redis)
    try:
        yield cluster
        cluster.stop()
    finally:
        cluster.kill()


# Events between nodes

def test_what_is_sent_through_any_node_reaches_members_on_every_node_once_and_in_order(cluster, sockets):
    a, b = cluster.node(), cluster.node()
    api = a.api()
    conversation = api.open()["id"]
    clients = [member(sockets, node, api, conversation) for node in (a, b)]
    agents = [sockets.stock_admin(node, api.app) for node in (a, b)]
    agents[1].call("conversation:join", {"conversation_id": conversation})
    senders = [Sender([at(api, node)], conversation, count=60) for node in (a, b, a, b)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(PATIENCE)
    sent = [message for sender in senders for message in sender.finish()]
    assert len(sent) == 240
    for socket in clients + agents:
        expect_all(api, conversation, socket, sent=sent)


def test_typing_receipts_and_status_travel(cluster, sockets):
    a, b = cluster.node(), cluster.node()
    api = a.api()
    conversation = api.open()["id"]
    client = member(sockets, a, api, conversation)
    agent = sockets.stock_admin(b, api.app)
    agent.call("conversation:join", {"conversation_id": conversation})
    client.emit("typing:start", {"conversation_id": conversation})
    assert agent.wait("user:typing")["is_typing"] is True
    message = agent.call("message:send", {"conversation_id": conversation, "body": "hello"})["message"]
    assert client.wait("message:new")["id"] == message["id"]
    api.ok(api.post(f"/conversations/{conversation}/messages/delivered", {"message_ids": [message["id"]]}))
    assert agent.wait("message:status")["message_id"] == message["id"]
    assert len(agent.received("message:status")) == 1


def test_a_node_that_joins_under_load_and_its_members_miss_nothing(cluster, sockets):
    a = cluster.node()
    api = a.api()
    conversation = api.open()["id"]
    sender = Sender([api.copy()], conversation)
    sender.start()
    sender.wait_for_more(20)
    b = cluster.node()
    client = member(sockets, b, api, conversation)
    sender.wait_for_more(50)
    sender.finish()
    stored = [message["id"] for message in api.sync(conversation)]
    wait_until(lambda: stored[-1] in [message["id"] for message in client.received("message:new")])
    live = [message["id"] for message in client.received("message:new")]
    # From where it joined on: a suffix of what is stored, long enough to have begun at the join.
    assert live == stored[-len(live):] and len(live) >= 50


# Faults

def restart_empty(redis, sender):
    redis.kill()
    sender.wait_for_more(30)
    redis.start()


def pause(redis, sender):
    redis.freeze()
    try:
        # Longer than a node takes to notice.
        end = time.monotonic() + 7
        while time.monotonic() < end:
            sender.wait_for_more(5)
    finally:
        redis.freeze(False)


@pytest.mark.parametrize("fault", [restart_empty, pause])
def test_an_outage_of_redis_costs_time_and_no_message(cluster, sockets, redis, fault):
    a, b = cluster.node(), cluster.node()
    api = a.api()
    conversation = api.open()["id"]
    here, there = (member(sockets, node, api, conversation) for node in (a, b))
    agent = sockets.stock_admin(b, api.app)
    sender = Sender([at(api, a)], conversation)
    sender.start()
    sender.wait_for_more(20)
    fault(redis, sender)
    sender.wait_for_more(20)
    sent = sender.finish()
    for socket in (here, there, agent):
        expect_all(api, conversation, socket, sent=sent)


def test_what_is_sent_last_before_redis_comes_back_is_seen_without_a_further_message(cluster, sockets, redis):
    a, b = cluster.node(), cluster.node()
    api = a.api()
    conversation = api.open()["id"]
    client = member(sockets, b, api, conversation)
    first = api.send(conversation, "first")
    assert client.wait("message:new")["id"] == first["id"]
    redis.kill()
    last = api.send(conversation, "last")
    redis.start()
    assert client.wait("message:new", timeout=PATIENCE)["id"] == last["id"]


def test_a_node_that_is_killed_takes_no_message_with_it(cluster, sockets):
    a, b, c = cluster.node(), cluster.node(), cluster.node()
    api = b.api()
    conversation = api.open()["id"]
    clients = [member(sockets, node, api, conversation) for node in (b, c)]
    senders = [Sender([at(api, a), at(api, b)], conversation), Sender([at(api, c), at(api, a)], conversation)]
    for sender in senders:
        sender.start()
    senders[0].wait_for_more(30)
    a.kill()
    for sender in senders:
        sender.wait_for_more(20)
    sent = [message for sender in senders for message in sender.finish()]
    for client in clients:
        expect_all(api, conversation, client, sent=sent)


# Presence

def presence(socket, device):
    return [change["is_online"] for change in socket.received("presence:change") if change["device_id"] == device]


def test_a_device_on_two_nodes_is_announced_once_each_way_everywhere(cluster, sockets):
    a, b = cluster.node(), cluster.node()
    api = a.api()
    agents = [sockets.stock_admin(node, api.app) for node in (a, b)]
    first, second = sockets.stock_client(a, api), sockets.stock_client(b, api)
    for agent in agents:
        wait_until(lambda: len(agent.received("session:connect")) == 2)
        wait_until(lambda: len(agent.call("sessions:list")["sessions"]) == 2)
    first.close()
    for agent in agents:
        wait_until(lambda: len(agent.call("sessions:list")["sessions"]) == 1)
    second.close()
    for agent in agents:
        wait_until(lambda: presence(agent, api.device)[-1:] == [False])
        assert presence(agent, api.device) == [True, False]
        assert agent.call("sessions:list")["sessions"] == []


def test_the_devices_of_a_killed_node_are_gone_within_a_lease(cluster, sockets):
    a, b = cluster.node(), cluster.node()
    api = a.api()
    ghosts = [api.sibling() for _ in range(5)]
    agent = sockets.stock_admin(b, api.app)
    for ghost in ghosts:
        sockets.stock_client(a, ghost)
    stays = sockets.stock_client(b, api)
    wait_until(lambda: len(agent.call("sessions:list")["sessions"]) == 6)
    killed = time.monotonic()
    a.kill()
    for ghost in ghosts:
        wait_until(lambda: presence(agent, ghost.device) == [True, False])
    # The lease of 3 s, and the next look for leases that ran out.
    assert time.monotonic() - killed < 3 + 0.5 + 3
    [session] = agent.call("sessions:list")["sessions"]
    assert session["deviceId"] == api.device and presence(agent, api.device) == [True]
    assert len(agent.received("session:disconnect")) == 5
    stays.fence()


def test_who_is_online_survives_a_redis_that_comes_back_empty(cluster, sockets, redis):
    a, b = cluster.node(), cluster.node()
    api = a.api()
    agent = sockets.stock_admin(b, api.app)
    cluster.wait_until_heard(api.app, nodes=1)
    sockets.stock_client(a, api)
    wait_until(lambda: len(agent.call("sessions:list")["sessions"]) == 1)
    redis.kill()
    wait_until(lambda: agent.call("sessions:list")["sessions"] == [])
    redis.start()
    wait_until(lambda: len(agent.call("sessions:list")["sessions"]) == 1)
    wait_until(lambda: newcomer_is_announced(api, a, agent, sockets))
    assert presence(agent, api.device) == [True]


def newcomer_is_announced(api, node, agent, sockets):
    """Announcements are not repeated: one that is made before both nodes hear again is seen in the next list only."""
    newcomer = api.sibling()
    sockets.stock_client(node, newcomer)
    end = time.monotonic() + 1
    while presence(agent, newcomer.device) != [True]:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def patient_cluster(tmp_path_factory, postgres, redis):
    """Nodes that give a device time to come back."""
    cluster = Cluster(tmp_path_factory.mktemp, postgres, redis, grace="3s")
    try:
        yield cluster
        cluster.stop()
    finally:
        cluster.kill()


def test_a_device_that_moves_to_another_node_is_not_announced(patient_cluster, sockets):
    a, b = patient_cluster.node(), patient_cluster.node()
    api = a.api()
    agents = [sockets.stock_admin(node, api.app) for node in (a, b)]
    for node in (a, b, a, b, b):
        sockets.stock_client(node, api).close()
    # Another device's way through the same grace, behind it.
    other = api.sibling()
    stays = sockets.stock_client(a, api)
    sockets.stock_client(b, other).close()
    for agent in agents:
        wait_until(lambda: presence(agent, other.device) == [True, False])
        assert presence(agent, api.device) == [True]
    stays.fence()


def test_the_devices_of_a_node_that_stops_are_announced_unless_they_come_back(patient_cluster, sockets):
    a, b = patient_cluster.node(), patient_cluster.node()
    api = a.api()
    leaves = api.sibling()
    agent = sockets.stock_admin(b, api.app)
    for device in (api, leaves):
        sockets.stock_client(a, device)
    wait_until(lambda: presence(agent, leaves.device) == presence(agent, api.device) == [True])
    a.stop()
    back = sockets.stock_client(b, api)
    wait_until(lambda: presence(agent, leaves.device) == [True, False])
    assert presence(agent, api.device) == [True]
    [session] = agent.call("sessions:list")["sessions"]
    assert session["deviceId"] == api.device
    back.fence()


# Topology

def test_several_nodes_without_a_bus_are_refused(own_server):
    server = own_server(topology="redis", start=False).spawn()
    assert server.wait_end() != 0
    assert "no running plugin provides the bus" in server.log + "\n".join(server.output)


def test_several_nodes_with_a_store_of_their_own_each_are_refused(own_server, redis):
    config = configuration(plugins=[{"name": name} for name in ("SQLite", "Chat", "Presence", "SocketIO", "Rest")]
                           + [{"name": "Redis", "settings": {"url": redis.url}}], topology="redis")
    server = own_server(config, start=False).spawn()
    assert server.wait_end() != 0
    assert "the store of plugin SQLite belongs to one process alone" in server.log + "\n".join(server.output)
