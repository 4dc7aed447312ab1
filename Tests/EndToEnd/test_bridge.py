"""Old Node servers, programs that emit, and several nodes share rooms over one Redis: each socket gets each once."""

import os

import msgpack
import pytest

from support.adapter import OldServer, packed
from support.api import new_id
from support.bus import RedisBus
from support.cluster import Cluster, at, expect_all, member
from support.redis_cluster import RedisCluster
from support.server import Server, configuration
from support.waiting import wait_until


@pytest.fixture
def bus():
    with RedisBus() as bus:
        yield bus


@pytest.fixture
def cluster(tmp_path_factory, bus):
    cluster = Cluster(tmp_path_factory.mktemp, bus)
    cluster.plugins.append({"name": "SocketIOBridge"})
    try:
        yield cluster
        cluster.stop()
    finally:
        cluster.kill()


@pytest.fixture
def old(bus):
    old = OldServer(bus.server.port)
    yield old
    old.close()


@pytest.fixture
def nodes(cluster, old):
    nodes = cluster.node(), cluster.node()
    wait_until(lambda: old.nodes() == len(nodes))
    return nodes


@pytest.fixture
def beside(cluster, tmp_path_factory):
    """A server on the same database that tells the nodes nothing of what it stores, as an old one does: its Redis is
    another."""
    with RedisBus() as other:
        plugins = other.plugins(cluster.database)
        plugins += [entry for entry in cluster.plugins if entry["name"] != "SocketIOBridge"]
        server = Server(tmp_path_factory.mktemp("beside"), configuration(plugins=plugins, topology=other.topology))
        try:
            yield server.start()
            server.stop()
        finally:
            server.kill()


def fence(old, *sockets):
    """Returns when all that was broadcast before has reached the sockets."""
    mark = new_id()
    for namespace in {socket.namespace for socket in sockets}:
        old.broadcast("mark", {"mark": mark}, namespace=namespace)
    for socket in sockets:
        while socket.wait("mark", 20) != {"mark": mark}:
            pass


def room(conversation):
    return f"conversation:{conversation}"


# From outside

def test_an_emitter_reaches_the_clients_of_a_room_on_all_nodes_once_each(nodes, old, sockets):
    api = nodes[0].api()
    conversation = api.open()["id"]
    clients = [member(sockets, node, api, conversation) for node in nodes]
    stranger = sockets.stock_client(nodes[1], api.sibling())
    assert old.broadcast("notice", {"text": "Grüße 👋", "gone": None, "list": [1, 2.5, True]},
                         rooms=[room(conversation)], publisher="emitter") >= 2
    fence(old, *clients, stranger)
    for client in clients:
        assert client.received("notice") == [{"text": "Grüße 👋", "list": [1, 2.5, True]}]
    assert stranger.received("notice") == []


def test_several_rooms_exceptions_and_the_whole_namespace(nodes, old, sockets):
    api = nodes[0].api()
    conversation = api.open()["id"]
    rooms = [f"app:{api.app.id}", room(conversation)]
    client = member(sockets, nodes[0], api, conversation)
    joined, other = (sockets.stock_admin(node, api.app) for node in nodes)
    joined.call("conversation:join", {"conversation_id": conversation})
    stranger = sockets.stock_admin(nodes[1], nodes[0].create_app())
    everybody = [joined, other, stranger]

    def heard(event):
        fence(old, *everybody, client)
        return [len(socket.received(event)) for socket in everybody]

    old.broadcast("both", {}, namespace="/admin", rooms=rooms)
    assert heard("both") == [1, 1, 0]
    # Some emitters publish it on the channel of each room.
    for each in rooms:
        old.client.publish(old.channel("/admin", [each]), packed("each", {}, namespace="/admin", rooms=rooms))
    assert heard("each") == [1, 1, 0]
    old.broadcast("some", {}, namespace="/admin", rooms=rooms[:1], excepted=[rooms[1], "no-such-room"])
    assert heard("some") == [0, 1, 0]
    old.broadcast("most", {}, namespace="/admin", excepted=[rooms[1]], flags={"volatile": True})
    assert heard("most") == [0, 1, 1]
    old.broadcast("all", {}, namespace="/admin")
    assert heard("all") == [1, 1, 1]
    old.broadcast("nobody", {}, namespace="/admin", rooms=["conversation:none"])
    old.broadcast("local", {}, namespace="/admin", flags={"local": True})
    assert heard("nobody") == heard("local") == [0, 0, 0]
    assert not any(name in ("both", "each", "some", "most", "all") for name, _ in client.events)


def test_a_message_that_an_old_server_stored_comes_once_and_in_its_place(nodes, old, beside, sockets):
    api = nodes[0].api()
    conversation = api.open()["id"]
    clients = [member(sockets, node, api, conversation) for node in nodes]
    agents = [sockets.stock_admin(node, api.app) for node in nodes]
    legacy = sockets.legacy(nodes[1], api)
    legacy.subscribe(conversation)

    def store(body):
        """As an old server does: stores a message, then broadcasts it to both namespaces."""
        message = at(api, beside).send(conversation, body)
        rooms = [room(conversation)]
        old.broadcast("message:new", message, rooms=rooms)
        old.broadcast("message:new", message, namespace="/admin", rooms=rooms)
        old.broadcast("message:new", message, namespace="/admin", rooms=[f"app:{api.app.id}"])
        return message["id"]

    sent = []
    for number in range(5):
        sent.append(store(f"old {number}"))
        sent.append(at(api, nodes[number % 2]).send(conversation, f"new {number}")["id"])
    for socket in clients + agents:
        expect_all(api, conversation, socket, sent=sent)
    # Also what comes last, with nothing behind it that would show a gap.
    sent.append(store("the last"))
    for socket in clients + agents:
        expect_all(api, conversation, socket, sent=sent)
    fence(old, *clients, *agents)
    for socket in clients + agents:
        assert [message["id"] for message in socket.received("message:new")] == sent
    # Sockets of the other kind, too.
    legacy.fence()
    assert [frame["message"]["id"] for frame in legacy.messages("message.new")] == sent


def test_the_shutdown_of_an_old_server_and_garbage_reach_nobody_and_stop_nothing(nodes, old, sockets):
    api = nodes[0].api()
    conversation = api.open()["id"]
    clients = [member(sockets, node, api, conversation) for node in nodes]
    old.broadcast("server:shutdown", {"message": "Server is shutting down", "reconnect_delay_ms": 5000})
    garbage = [b"", b"\xc1", b"{}", b"\x93", b"\x91" * 100_000, b"\xdd\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff",
               os.urandom(1_000), b"\x00" * 2_000_000, packed("x")[:-1], packed("x", kind=5), packed("x", b"bytes"),
               packed("x", namespace="/other"), msgpack.packb([1, 2, 3]), msgpack.packb({"a": 1}),
               msgpack.packb(["u", {"type": 2, "data": ["x"], "nsp": "/client"}, {"rooms": 7}])]
    for message in garbage:
        old.client.publish("socket.io#/client#", message)
        old.client.publish(f"socket.io#/client#{room(conversation)}#", message)
    fence(old, *clients)
    message = api.send(conversation, "still here")
    for client, node in zip(clients, nodes):
        assert client.wait("message:new")["id"] == message["id"]
        assert {name for name, _ in client.events} <= {"connected", "conversation:joined", "mark", "message:new"}
        node.wait_log("was passed over")
        assert node.log.count("was passed over") == 1


# To the outside

def test_what_happens_on_a_node_is_published_once_in_the_format_of_the_adapter(nodes, old, bus, sockets):
    a, b = nodes
    api = a.api()
    conversation = api.open()["id"]
    client = member(sockets, a, api, conversation)
    agent = sockets.stock_admin(b, api.app)
    agent.call("conversation:join", {"conversation_id": conversation})
    app = f"app:{api.app.id}"

    message = api.send(conversation, "hello 👋")
    channel, _, packet, options = old.event("message:new", "/client")
    assert channel == f"socket.io#/client#{room(conversation)}#"
    assert packet == {"type": 2, "nsp": "/client", "data": ["message:new", message]}
    assert options == {"rooms": [room(conversation)], "except": [], "flags": {}}
    channel, _, packet, options = old.event("message:new", "/admin")
    assert channel == "socket.io#/admin#" and sorted(options["rooms"]) == sorted([app, room(conversation)])
    assert packet["data"] == ["message:new", message]

    # Typing is not repeated for a node whose subscription comes later.
    wait_until(lambda: bus.server.listeners(f"rq:bus:0:t:conversation:{conversation}") == 2)
    agent.emit("typing:start", {"conversation_id": conversation})
    typing = {"conversation_id": conversation, "is_typing": True}
    old.event("agent:typing", "/client", lambda payload: payload == typing)
    answer = agent.call("message:send", {"conversation_id": conversation, "body": "answer"})["message"]
    old.event("message:new", "/client", lambda payload: payload["id"] == answer["id"])
    at(api, b).ok(at(api, b).post(f"/conversations/{conversation}/messages/read", {"message_ids": [answer["id"]]}))
    old.event("message:status", "/admin", lambda payload: (payload["id"], payload["status"]) == (answer["id"], "READ"))
    old.event("messages:read", "/admin", lambda payload: payload["message_ids"] == [answer["id"]])
    online = old.event("presence:change", "/admin", lambda payload: payload["is_online"])
    assert online[0] == f"socket.io#/admin#{app}#" and online[2]["data"][1]["device_id"] == api.device
    # Nodes hear each other over their own bus alone, which has a pace of its own.
    wait_until(lambda: len(client.received("agent:typing")) >= 2)
    fence(old, client, agent)
    assert client.received("agent:typing") == [typing, {**typing, "is_typing": False}]
    client.close()
    old.event("session:disconnect", "/admin")
    old.event("presence:change", "/admin", lambda payload: not payload["is_online"])

    last = at(api, b).send(conversation, "last")["id"]
    for namespace in ("/client", "/admin"):
        old.event("message:new", namespace, lambda payload: payload["id"] == last)
        heard = [packet["data"][1]["id"] for _, _, packet, _ in old.heard
                 if packet["nsp"] == namespace and packet["data"][0] == "message:new"]
        assert heard == [message["id"], answer["id"], last]
    assert {publisher for _, publisher, _, _ in old.heard} == {"replyhq"}
    wait_until(lambda: agent.received("session:disconnect") and len(agent.received("message:new")) >= 3)
    fence(old, agent)
    assert len(agent.received("session:disconnect")) == 1
    assert [message["id"] for message in agent.received("message:new")] == [message["id"], answer["id"], last]


def test_old_servers_do_not_wait_for_answers_of_nodes(nodes, old):
    """They count who subscribes to the channel of requests, and wait for so many answers."""
    for namespace in ("/client", "/admin"):
        assert old.request(namespace, type=1, requestId="r1", uid="x") == 0
        assert old.client.pubsub_numsub(f"socket.io-request#{namespace}#")[0][1] == 0


def test_an_outage_of_redis_costs_time_and_no_message(nodes, old, beside, bus, sockets):
    api = nodes[0].api()
    conversation = api.open()["id"]
    clients = [member(sockets, node, api, conversation) for node in nodes]
    bus.kill()
    sent = [at(api, beside).send(conversation, "nobody hears of it")["id"]]
    bus.start()
    again = OldServer(bus.server.port)
    try:
        wait_until(lambda: again.nodes() == 2)
        for client in clients:
            expect_all(api, conversation, client, sent=sent)
        again.broadcast("notice", {"n": 1}, rooms=[room(conversation)])
        fence(again, *clients)
        assert all(client.received("notice") == [{"n": 1}] for client in clients)
    finally:
        again.close()


# What is refused

def refused(own_server, plugins, **other):
    server = own_server(configuration(plugins=plugins, **other), start=False).spawn()
    assert server.wait_end() == 2
    return server.log + "\n".join(server.output)


BRIDGED = [{"name": name} for name in ("Chat", "SocketIO", "SocketIOBridge")]


def test_without_redis_it_is_refused_with_the_reason(own_server, postgres):
    store = {"name": "Postgres", "settings": {"url": postgres.url(postgres.create_database())}}
    said = refused(own_server, [store, *BRIDGED], topology="postgres")
    assert "SocketIOBridge" in said and "open-channels" in said


def test_on_a_redis_cluster_it_is_refused_with_the_reason(own_server, postgres):
    servers = RedisCluster()
    try:
        servers.start()
        store = {"name": "Postgres", "settings": {"url": postgres.url(postgres.create_database())}}
        redis = {"name": "Redis", "settings": servers.plugin_settings}
        said = refused(own_server, [store, redis, *BRIDGED], topology="redis")
    finally:
        servers.remove()
    assert "SocketIOBridge" in said and "cluster: true" in said


@pytest.mark.parametrize("settings, word", [
    ({"prefix": "a*b"}, "prefix"), ({"prefix": ""}, "prefix"), ({"namespaces": ["other"]}, "namespaces"),
    ({"send": False, "receive": False}, "disable the plugin"),
])
def test_settings_that_make_no_sense_are_refused(own_server, bus, settings, word):
    plugins = [{"name": "SQLite"}, {"name": "Redis", "settings": bus.server.plugin_settings}, *BRIDGED]
    plugins[-1] = {"name": "SocketIOBridge", "settings": settings}
    assert word in refused(own_server, plugins)


def test_namespaces_and_directions_can_be_left_out(cluster, old, sockets):
    cluster.plugins[-1]["settings"] = {"namespaces": ["client"], "prefix": "other", "receive": True, "send": False}
    node = cluster.node()
    other = OldServer(old.client.connection_pool.connection_kwargs["port"], prefix="other")
    try:
        api = node.api()
        conversation = api.open()["id"]
        client = member(sockets, node, api, conversation)
        wait_until(lambda: other.broadcast("notice", {"n": 1}, rooms=[room(conversation)]) > 1)
        assert client.wait("notice") == {"n": 1}
        assert other.broadcast("notice", {}, namespace="/admin") == 1
        api.send(conversation, "unheard")
        client.wait("message:new")
        # What the node had published would have come before.
        other.broadcast("after", {}, publisher="emitter")
        other.event("after", "/client")
        assert [publisher for _, publisher, _, _ in other.heard] == ["emitter"]
    finally:
        other.close()
