"""Pushes of two nodes with one outbox and Redis between them: each message once, whoever stored it and whoever dies."""

import pytest

from support.bus import RedisBus
from support.cluster import Cluster, at
from support.postgres import SHARED
from support.shop import QUICK, Shop, unique
from support.waiting import wait_until
from test_cluster import wait_for_sessions

PUSH = {**QUICK, "lease": "30s"}


@pytest.fixture
def bus():
    with RedisBus() as bus:
        yield bus


@pytest.fixture
def cluster(tmp_path_factory, bus, nio):
    cluster = Cluster(tmp_path_factory.mktemp, bus)
    cluster.plugins += [{"name": "Push", "settings": PUSH}, {"name": "FCM", "settings": nio.settings(timeout="15s")}]
    try:
        yield cluster
        cluster.stop()
    finally:
        cluster.kill()


def outbox(cluster, columns, condition="TRUE"):
    """Rows of the outbox both nodes share, as texts."""
    rows = SHARED.get().sql(f"SELECT {columns} FROM push_outbox WHERE {condition}", cluster.database.rsplit("/", 1)[1])
    return [row.split("|") for row in rows.splitlines()]


def wait_outbox(cluster, expected, columns, condition="TRUE", timeout=40):
    wait_until(lambda: outbox(cluster, columns, condition) == expected, timeout=timeout, pause=0.1,
               told=lambda: outbox(cluster, columns, condition))


def pass_time(cluster, seconds):
    """A row that is on a lease is due when that ends."""
    SHARED.get().sql(f"UPDATE push_outbox SET due_at = due_at - interval '{seconds} seconds' WHERE lease IS NOT NULL",
                     cluster.database.rsplit("/", 1)[1])


def message_ids(pushes):
    return sorted(push["payload"]["message"]["data"]["message_id"] for push in pushes)


def test_a_device_on_another_node_is_not_pushed_to(cluster, nio, sockets):
    pushing = cluster.node()
    # Nobody but the first node can have decided.
    cluster.plugins = [plugin for plugin in cluster.plugins if plugin["name"] not in ("Push", "FCM")]
    other = cluster.node()
    shop = Shop(pushing)
    online, away = unique("ok"), unique("ok")
    api, conversation = shop.phone(online)
    client = sockets.stock_client(other, api)
    wait_for_sessions(sockets.stock_admin(pushing, shop.app), 1)
    message = shop.answer(api, conversation)
    elsewhere, further = shop.phone(away)
    later = shop.answer(elsewhere, further)
    nio.wait_to(away)
    # Looked at twice: at once, and when a phone that was put away would have been noticed.
    wait_outbox(cluster, [["cancelled", "the device is connected"]], "state, detail", f"message_id = '{message}'")
    wait_outbox(cluster, [["sent"]], "state", f"message_id = '{later}'")
    assert client.wait("message:new")["id"] == message
    assert nio.to(online) == []
    # And when it has gone from there, it is.
    client.close()
    again = shop.answer(api, conversation, "Are you there?")
    nio.wait_to(online)
    assert message_ids(nio.to(online)) == [again]


def test_a_device_that_is_on_no_node_is_pushed_to_once_though_both_push(cluster, nio):
    nodes = [cluster.node(), cluster.node()]
    shop = Shop(nodes[0])
    phones = [shop.phone(unique("ok")) for _ in range(10)]
    messages = []
    for number in range(100):
        api, conversation = phones[number % len(phones)]
        shop.server = nodes[number % 3 % 2]
        messages.append(shop.answer(at(api, shop.server), conversation, f"Part {number}"))
    wait_outbox(cluster, [["sent", "100"]], "state, count(*)", "TRUE GROUP BY state")
    nio.wait(lambda nio: len(nio.pushes) >= 100)
    assert message_ids(nio.pushes) == sorted(messages), "each once"


def test_what_a_killed_node_had_taken_is_pushed_by_the_other(cluster, nio):
    first = cluster.node()
    shop = Shop(first)
    # Its requests hang, and their repetitions do not.
    tokens = [unique("hold") for _ in range(5)]
    phones = [(token, *shop.phone(token)) for token in tokens]
    messages = [shop.answer(api, conversation) for _, api, conversation in phones]
    for token in tokens:
        nio.wait_to(token)
    second = cluster.node()
    leases = outbox(cluster, "DISTINCT lease", "state = 'waiting'")
    assert len(leases) == 1 and leases[0][0], "all are on the first node's lease"
    first.kill()
    # As long as it keeps its lease, nobody else sends them, though the other looks and sends.
    own = unique("ok")
    shop.server = second
    api, conversation = shop.phone(own)
    later = shop.answer(api, conversation)
    wait_outbox(cluster, [["sent"]], "state", f"message_id = '{later}'")
    assert outbox(cluster, "DISTINCT lease", "state = 'waiting'") == leases
    assert all(len(nio.to(token)) == 1 for token in tokens)
    pass_time(cluster, seconds=30)
    for token in tokens:
        held, sent = nio.wait_to(token, 2, timeout=90)
        assert held["payload"]["message"]["data"] == sent["payload"]["message"]["data"]
        assert held["connection"] != sent["connection"]
    wait_outbox(cluster, [["sent", "6"]], "state, count(*)", "TRUE GROUP BY state")
    nio.wait(lambda nio: len(nio.pushes) >= 11)
    assert message_ids(nio.pushes) == sorted(messages * 2 + [later]) and second.is_running
