"""Several nodes with PostgreSQL alone: whatever happens to it, each member sees each message once and in order."""

import time

import pytest

from support.bus import PostgresBus
from support.cluster import Cluster, Sender, at, expect_all, member
from support.waiting import wait_until
from test_cluster import presence, wait_for_sessions


@pytest.fixture
def bus():
    with PostgresBus() as bus:
        yield bus


@pytest.fixture
def cluster(tmp_path_factory, bus):
    # Who left unseen is announced a sixth of a lease after the return: by then every node has to hear again.
    cluster = Cluster(tmp_path_factory.mktemp, bus, lease="30s")
    try:
        yield cluster
        cluster.stop()
    finally:
        cluster.kill()


def restart(bus):
    bus.server.stop("fast")
    bus.server.start()


def crash(bus):
    bus.server.kill()
    bus.server.start()


def freeze(bus):
    bus.server.freeze()
    time.sleep(7)  # Longer than a node takes to give its connections up.
    bus.server.freeze(False)


@pytest.mark.parametrize("fault", [restart, crash, freeze])
def test_an_outage_of_the_database_costs_time_and_no_message_and_leaves_no_ghost(cluster, sockets, bus, fault):
    a, b = cluster.node(), cluster.node()
    api = a.api()
    conversation = api.open()["id"]
    here, there = (member(sockets, node, api, conversation) for node in (a, b))
    leaves = api.sibling()
    leaving = sockets.stock_client(a, leaves)
    agent = sockets.stock_admin(b, api.app)
    wait_for_sessions(agent, 3)
    senders = [Sender([at(api, a), at(api, b)], conversation) for _ in range(2)]
    for sender in senders:
        sender.start()
        sender.wait_for_more(20)
    fault(bus)
    leaving.close()
    for sender in senders:
        sender.wait_for_more(20)
    sent = [message for sender in senders for message in sender.finish()]
    for socket in (here, there, agent):
        expect_all(api, conversation, socket, sent=sent)
    wait_for_sessions(agent, 2)
    wait_until(lambda: presence(agent, leaves.device)[-1:] == [False])
    # It never was offline.
    assert False not in presence(agent, api.device)


def test_the_loss_of_the_listening_connection_is_shown_and_logged_once_each_way(cluster, bus):
    import requests

    node = cluster.node()

    def state():
        plugins = requests.get(f"{node.url}/readyz", timeout=10).json()["plugins"]
        return next(plugin for plugin in plugins if plugin["name"] == "Postgres")

    assert state()["state"] == "ready"
    bus.kill()
    wait_until(lambda: state()["state"] == "degraded")
    assert "events do not travel between nodes" in state()["reason"]
    assert requests.get(f"{node.url}/readyz", timeout=10).status_code == 200
    bus.start()
    wait_until(lambda: state()["state"] == "ready")
    node.wait_log("Events travel between nodes again", 20)
    assert node.log.count("Events do not travel between nodes") == 1
    assert node.log.count("Events travel between nodes again") == 1


def test_what_people_write_does_not_travel_in_notifications(cluster, sockets, bus):
    import subprocess

    a, b = cluster.node(), cluster.node()
    api = a.api()
    conversation = api.open()["id"]
    client = member(sockets, b, api, conversation)
    channel = bus.server.sql("SELECT 'replyhq_bus_' || 'public'::regnamespace::oid", bus.database)
    # psql shows what came with each statement that it ends.
    listener = subprocess.Popen(
        ["psql", "-X", "-q", "-h", "127.0.0.1", "-p", str(bus.server.port), "-U", "postgres", "-d", bus.database],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    listener.stdin.write(f"LISTEN {channel};\nSELECT 'listening';\n")
    listener.stdin.flush()
    for line in listener.stdout:
        if "(1 row)" in line:
            break
    sent = api.send(conversation, "a secret between two people")
    assert client.wait("message:new")["body"] == "a secret between two people" and sent
    heard, _ = listener.communicate("SELECT 1;\n", timeout=20)
    import base64
    payloads = [line.split('payload "')[1].split('"')[0] for line in heard.splitlines() if 'payload "' in line]
    bodies = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
              for part in (payload.split(" ")[4] for payload in payloads if payload.startswith("R1 "))]
    assert any(conversation.encode() in body for body in bodies), heard
    assert not any(b"secret" in body for body in bodies)
