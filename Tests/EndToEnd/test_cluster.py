"""Two and three nodes on one bus, Redis or PostgreSQL: each member of a conversation sees each message once and in order, whatever fails."""

import os
import random
import signal
import time

import pytest

from support.bus import BUSES
from support.cluster import Cluster, Sender, at, expect_all, member
from support.waiting import wait_until

PATIENCE = 40


@pytest.fixture(params=list(BUSES))
def bus(request):
    with BUSES[request.param]() as bus:
        yield bus


def run_cluster(tmp_path_factory, bus, **presence):
    cluster = Cluster(tmp_path_factory.mktemp, bus, **presence)
    try:
        yield cluster
        cluster.stop()
    finally:
        cluster.kill()


@pytest.fixture
def cluster(tmp_path_factory, bus):
    yield from run_cluster(tmp_path_factory, bus)


@pytest.fixture
def brief_cluster(tmp_path_factory, bus):
    """Nodes whose leases run out soon."""
    yield from run_cluster(tmp_path_factory, bus, lease="3s")


def wait_for_sessions(agent, count):
    """Asks seldom enough for the limit on events, beyond which they are dropped without an answer."""
    wait_until(lambda: len(agent.call("sessions:list")["sessions"]) == count, pause=0.2)


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
    # Typing is not repeated for a node whose subscription comes later; a message is.
    api.send(conversation, "first")
    assert agent.wait("message:new")["body"] == "first"
    client.emit("typing:start", {"conversation_id": conversation})
    assert agent.wait("user:typing")["is_typing"] is True
    message = agent.call("message:send", {"conversation_id": conversation, "body": "hello"})["message"]
    wait_until(lambda: [each["body"] for each in client.received("message:new")] == ["first", "hello"])
    assert client.received("message:new")[-1]["id"] == message["id"]
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


def test_the_sockets_of_a_device_on_all_nodes_follow_when_one_of_them_opens_its_conversation(cluster, sockets):
    a, b, c = cluster.node(), cluster.node(), cluster.node()
    api = a.api()
    clients = [sockets.stock_client(node, api) for node in (a, b, c)]
    stranger = sockets.stock_client(b, api.sibling())
    # The device's sockets came before it had a conversation.
    conversation = at(api, b).open()["id"]
    sent = []

    def all_heard():
        sent.append(api.send(conversation, f"message {len(sent)}")["id"])
        return all(client.received("message:new") for client in clients)

    wait_until(all_heard)
    last = api.send(conversation, "last")["id"]
    for client in clients:
        wait_until(lambda: client.received("message:new")[-1]["id"] == last)
        heard = [message["id"] for message in client.received("message:new")]
        assert heard == (sent + [last])[-len(heard):]
    stranger.fence()
    assert stranger.received("message:new") == []


# Faults

def restart(bus, sender):
    bus.kill()
    sender.wait_for_more(30)
    bus.start()


def pause(bus, sender):
    bus.freeze()
    try:
        # Longer than a node takes to notice.
        end = time.monotonic() + 7
        while time.monotonic() < end:
            sender.wait_for_more(5)
    finally:
        bus.freeze(False)


@pytest.mark.parametrize("fault", [restart, pause])
def test_an_outage_of_the_bus_costs_time_and_no_message(cluster, sockets, bus, fault):
    a, b = cluster.node(), cluster.node()
    api = a.api()
    conversation = api.open()["id"]
    here, there = (member(sockets, node, api, conversation) for node in (a, b))
    agent = sockets.stock_admin(b, api.app)
    sender = Sender([at(api, a)], conversation)
    sender.start()
    sender.wait_for_more(20)
    fault(bus, sender)
    sender.wait_for_more(20)
    sent = sender.finish()
    for socket in (here, there, agent):
        expect_all(api, conversation, socket, sent=sent)


def test_what_is_sent_last_before_the_bus_comes_back_is_seen_without_a_further_message(cluster, sockets, bus):
    a, b = cluster.node(), cluster.node()
    api = a.api()
    conversation = api.open()["id"]
    client = member(sockets, b, api, conversation)
    first = api.send(conversation, "first")
    assert client.wait("message:new")["id"] == first["id"]
    bus.kill()
    last = api.send(conversation, "last")
    bus.start()
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


def test_connections_that_are_cut_again_and_again_cost_no_message(cluster, sockets, bus):
    a, b = cluster.node(), cluster.node()
    api = a.api()
    conversation = api.open()["id"]
    clients = [member(sockets, node, api, conversation) for node in (a, b)]
    sender = Sender([at(api, a), at(api, b)], conversation)
    sender.start()
    for _ in range(5):
        sender.wait_for_more(20)
        bus.cut(random)
    sender.wait_for_more(20)
    sent = sender.finish()
    for client in clients:
        expect_all(api, conversation, client, sent=sent)


def test_a_node_that_freezes_for_longer_than_its_leases_misses_nothing_and_leaves_no_ghost(brief_cluster, sockets):
    a, b = brief_cluster.node(), brief_cluster.node()
    api = a.api()
    conversation = api.open()["id"]
    ghost = api.sibling()
    agent = sockets.stock_admin(b, api.app)
    brief_cluster.wait_until_heard(api.app, nodes=1)
    frozen = member(sockets, a, api, conversation)
    sockets.stock_client(a, ghost)
    wait_until(lambda: presence(agent, ghost.device) == presence(agent, api.device) == [True])
    sender = Sender([at(api, b)], conversation)
    sender.start()
    sender.wait_for_more(10)
    os.kill(a.pid, signal.SIGSTOP)
    try:
        # Its leases of 3 s run out, and the other node says so.
        wait_until(lambda: presence(agent, ghost.device) == presence(agent, api.device) == [True, False])
        assert agent.call("sessions:list")["sessions"] == []
        sender.wait_for_more(10)
    finally:
        os.kill(a.pid, signal.SIGCONT)
    wait_until(lambda: presence(agent, ghost.device) == presence(agent, api.device) == [True, False, True])
    assert len(agent.call("sessions:list")["sessions"]) == 2
    sender.wait_for_more(10)
    sent = sender.finish()
    for socket in (frozen, agent):
        expect_all(api, conversation, socket, sent=sent)


# Presence

def presence(socket, device):
    return [change["is_online"] for change in socket.received("presence:change") if change["device_id"] == device]


def test_a_device_on_two_nodes_is_announced_once_each_way_everywhere(cluster, sockets):
    a, b = cluster.node(), cluster.node()
    api = a.api()
    agents = [sockets.stock_admin(node, api.app) for node in (a, b)]
    cluster.wait_until_heard(api.app, nodes=2)
    first, second = sockets.stock_client(a, api), sockets.stock_client(b, api)
    for agent in agents:
        wait_until(lambda: len(agent.received("session:connect")) == 2)
        wait_for_sessions(agent, 2)
    first.close()
    for agent in agents:
        wait_for_sessions(agent, 1)
    second.close()
    for agent in agents:
        wait_until(lambda: presence(agent, api.device)[-1:] == [False])
        assert presence(agent, api.device) == [True, False]
        assert agent.call("sessions:list")["sessions"] == []


def test_the_devices_of_a_killed_node_are_gone_within_a_lease(brief_cluster, sockets):
    a, b = brief_cluster.node(), brief_cluster.node()
    api = a.api()
    ghosts = [api.sibling() for _ in range(5)]
    agent = sockets.stock_admin(b, api.app)
    brief_cluster.wait_until_heard(api.app, nodes=1)
    for ghost in ghosts:
        sockets.stock_client(a, ghost)
    stays = sockets.stock_client(b, api)
    wait_for_sessions(agent, 6)
    killed = time.monotonic()
    a.kill()
    for ghost in ghosts:
        wait_until(lambda: presence(agent, ghost.device) == [True, False])
    # The lease of 3 s, the next look for leases that ran out, and a slow machine.
    assert time.monotonic() - killed < 3 + 0.5 + 8
    [session] = agent.call("sessions:list")["sessions"]
    assert session["deviceId"] == api.device and presence(agent, api.device) == [True]
    assert len(agent.received("session:disconnect")) == 5
    stays.fence()


def test_who_is_online_survives_a_bus_that_goes_and_comes_back(cluster, sockets, bus):
    a, b = cluster.node(), cluster.node()
    api = a.api()
    agent = sockets.stock_admin(b, api.app)
    cluster.wait_until_heard(api.app, nodes=1)
    sockets.stock_client(a, api)
    wait_until(lambda: presence(agent, api.device) == [True])
    wait_for_sessions(agent, 1)
    bus.kill()
    wait_for_sessions(agent, 0)
    bus.start()
    wait_for_sessions(agent, 1)
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
def patient_cluster(tmp_path_factory, bus):
    """Nodes that give a device time to come back."""
    yield from run_cluster(tmp_path_factory, bus, grace="5s")


def test_a_device_that_moves_to_another_node_is_not_announced(patient_cluster, sockets):
    a, b = patient_cluster.node(), patient_cluster.node()
    api = a.api()
    agents = [sockets.stock_admin(node, api.app) for node in (a, b)]
    patient_cluster.wait_until_heard(api.app, nodes=2)
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


def test_a_device_in_a_grace_that_a_killed_node_took_along_is_announced_unless_it_comes_back(patient_cluster, sockets):
    a, b = patient_cluster.node(), patient_cluster.node()
    api = a.api()
    back = api.sibling()
    agent = sockets.stock_admin(b, api.app)
    patient_cluster.wait_until_heard(api.app, nodes=1)
    clients = [sockets.stock_client(a, device) for device in (api, back)]
    wait_until(lambda: presence(agent, api.device) == presence(agent, back.device) == [True])
    for client in clients:
        client.close()
    wait_for_sessions(agent, 0)
    a.kill()
    killed = time.monotonic()
    stays = sockets.stock_client(b, back)
    wait_until(lambda: presence(agent, api.device) == [True, False])
    # The grace of 5 s, the 2 s that a living node has for it, the next look, and a slow machine.
    assert time.monotonic() - killed < 5 + 2 + 2.5 + 8
    assert presence(agent, back.device) == [True]
    stays.fence()


def test_the_devices_of_a_node_that_stops_are_announced_unless_they_come_back(patient_cluster, sockets):
    a, b = patient_cluster.node(), patient_cluster.node()
    api = a.api()
    leaves = api.sibling()
    agent = sockets.stock_admin(b, api.app)
    patient_cluster.wait_until_heard(api.app, nodes=1)
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
