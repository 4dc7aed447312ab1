"""Old and new clients of one conversation on two nodes (legacy-ws.md 5, 6)."""

import pytest

from support.api import new_id
from support.bus import BUSES
from support.cluster import Cluster, Sender, at


@pytest.fixture(params=list(BUSES))
def cluster(request, tmp_path_factory):
    bus = BUSES[request.param]()
    cluster = None
    try:
        cluster = Cluster(tmp_path_factory.mktemp, bus.start())
        yield cluster
        cluster.stop()
    finally:
        if cluster:
            cluster.kill()
        bus.remove()


def test_a_conversation_over_two_nodes_and_both_protocols(cluster, sockets):
    one, two = cluster.node(), cluster.node()
    api = one.api()
    conversation = api.open()["id"]
    old = [sockets.legacy(node, api) for node in (one, two)]
    new = [sockets.client(node, api) for node in (one, two)]
    for client in old:
        client.wait("subscribed", conversation_id=conversation)
    for client in new:
        client.wait("conversation:joined")
    agents = [sockets.legacy_admin(node, api.app) for node in (one, two)]
    for agent in agents:
        agent.subscribe(conversation)

    sender = Sender([at(api, one), at(api, two)], conversation, count=60)
    sender.start()
    sender.join(40)
    sent = sender.finish()
    assert len(sent) == 60
    stored = [message["id"] for message in api.sync(conversation)]
    for member in old + agents:
        while len(member.messages("message.new")) < 60:
            member.wait("message.new", timeout=20)
        assert [entry["message"]["id"] for entry in member.messages("message.new")] == stored
    for member in new:
        while len(member.events("message:new")) < 60:
            member.wait("message:new", timeout=20)
        assert [message["id"] for message in member.events("message:new")] == stored

    # Typing and receipts cross nodes and protocols.
    old[0].send("user.typing", conversation_id=conversation)
    assert old[1].wait("user.typing")["is_typing"] is True
    assert new[1].wait("user:typing", device_id=api.device)["is_typing"] is True
    assert agents[1].wait("user.typing", device_id=api.device)["is_typing"] is True
    admin = sockets.admin(two, api.app)
    answer = admin.call("message:send", {"conversation_id": conversation, "body": "Hi", "local_id": new_id()})
    api.ok(api.post(f"/conversations/{conversation}/messages/read", {"up_to_message_id": None}))
    for member in old + agents:
        assert member.wait("messages.read", timeout=20)["message_ids"] == [answer["message"]["id"]]


def test_presence_is_shared_and_a_device_is_offline_when_its_last_connection_is_gone(cluster, sockets):
    one, two = cluster.node(), cluster.node()
    api = one.api()
    admin = sockets.admin(two, api.app)
    cluster.wait_until_heard(api.app, nodes=1)
    old, new = sockets.legacy(one, api), sockets.client(two, api)
    for _ in range(2):
        admin.wait("session:connect", timeout=20)
    assert admin.wait("presence:change", timeout=20)["is_online"] is True
    old.close()
    admin.wait("session:disconnect", timeout=20)
    new.close()
    admin.wait("session:disconnect", timeout=20)
    assert admin.wait("presence:change", timeout=20)["is_online"] is False
    assert len(admin.events("presence:change")) == 2


def test_a_conversation_that_is_opened_on_one_node_is_subscribed_to_on_the_other(cluster, sockets):
    one, two = cluster.node(), cluster.node()
    api = one.api()
    clients = [sockets.legacy(node, api) for node in (one, two)]
    for client in clients:
        client.wait("connection.established")
    conversation = api.open()["id"]
    for client in clients:
        client.wait("subscribed", conversation_id=conversation)
    sent = at(api, two).send(conversation, "Hi")
    for client in clients:
        assert client.wait("message.new")["message"]["id"] == sent["id"]
