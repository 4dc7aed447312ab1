"""The client side of Socket.IO (socketio.md 2 to 6, 8, 9), frame by frame."""

import pytest

from support.api import new_id
from support.sockets import decode


# Being let in

@pytest.mark.parametrize("changes", [{"app_id": None}, {"device_id": None}, {"api_key": None}, {"app_id": ""},
                                     {"device_id": 7}, {"api_key": {"a": 1}}], ids=range(6))
def test_missing_parameters_are_refused(server, api, sockets, changes):
    raw = sockets.client(server, api, connect=False)
    raw.ask({**api.auth, **changes})
    assert raw.next() == '44/client,{"message":"MISSING_PARAMS"}'


@pytest.mark.parametrize("changes", [{"app_id": "no-such-app"}, {"api_key": "wrong"}, {"device_id": "d" * 256}])
def test_wrong_credentials_are_refused(server, api, sockets, changes):
    raw = sockets.client(server, api, connect=False)
    raw.ask({**api.auth, **changes})
    assert raw.next() == '44/client,{"message":"INVALID_CREDENTIALS"}'


def test_a_second_connect_closes_the_connection(server, api, sockets):
    client = sockets.client(server, api)
    client.ask(api.auth)
    client.wait_closed()


@pytest.mark.parametrize("packet", ['42/client,["ping"]', '42["ping"]', "4x", "49", '42/client,{"a":1}', "4", "x"])
def test_what_breaks_the_protocol_before_connecting_closes(server, api, sockets, packet):
    client = sockets.client(server, api, connect=False)
    client.send(packet)
    client.wait_closed()


@pytest.mark.parametrize("packet", [
    "42/client,[]", "42/client,[7]", '42/client,["connect"]', '42/client,["disconnect",{}]', '42/client,["x"',
    '42/admin,["ping"]', "42/client,{}", '44/client,{"message":"x"}', "40/client,[]"])
def test_what_breaks_the_protocol_afterwards_closes(server, api, sockets, packet):
    client = sockets.client(server, api)
    client.send(packet)
    client.wait_closed()


def test_a_client_that_leaves_the_namespace_may_come_back(server, api, sockets):
    client = sockets.client(server, api)
    client.send("41/client,")
    client.connect(api.auth)
    assert client.wait("connected")["connection_id"]


def test_packets_sent_while_connecting_are_not_lost(server, api, sockets):
    """D-14: the first join of a client comes right behind CONNECT."""
    conversation = api.open()["id"]
    for number in range(1, 11):
        client = sockets.client(server, api, connect=False)
        client.ask(api.auth)
        client.send(f'42/client,{number}["conversation:join",{{"conversation_id":"{conversation}"}}]')
        client.send('42/client,["ping"]')
        client.until(lambda frame: frame == f'43/client,{number}[{{"success":true}}]')
        client.wait("pong")
        assert decode(client.frames[1])[0] == 0, "the answer to CONNECT comes first"
        client.close()


# Heartbeat

def test_a_clients_own_ping_is_answered(server, api, sockets):
    """D-31."""
    client = sockets.client(server, api, connect=False)
    client.send("2")
    assert client.next() == "3"
    client.send("2probe")
    assert client.next() == "3probe"
    client.connect(api.auth)
    client.send("2")
    client.until(lambda frame: frame == "3")


def test_the_ping_event_is_answered_with_pong(server, api, sockets):
    client = sockets.client(server, api)
    client.emit("ping")
    client.until(lambda frame: frame == '42/client,["pong"]')


# Rooms

def test_a_join_may_carry_the_bare_id_and_need_no_acknowledgement(server, api, sockets):
    """D-01: without an ack id nothing may crash."""
    conversation = api.open(user={"id": "u"})["id"]
    client = sockets.client(server, api)
    client.wait("conversation:joined")
    for payload in (conversation, {"conversation_id": conversation}):
        client.emit("conversation:join", payload)
        client.wait("conversation:joined", conversation_id=conversation)
    for payload in ([], [None], [7], [{}], [{"conversation_id": 7}], [""], [[conversation]], ["no-such"]):
        client.emit("conversation:join", *payload)
    refusals = [client.wait("error")["code"] for _ in range(8)]
    assert refusals == ["MISSING_CONVERSATION_ID"] * 7 + ["CONVERSATION_NOT_FOUND"]
    client.fence()
    assert server.is_running


@pytest.mark.parametrize("device", ["a\u0000b", "a\nb", "x" * 256, "\u007f"], ids=["NUL", "newline", "long", "delete"])
def test_an_id_that_no_device_can_have_is_refused_as_wrong_credentials(server, api, sockets, device):
    """The same as over HTTP, whatever the store would make of it."""
    client = sockets.client(server, api, connect=False)
    client.ask({**api.auth, "device_id": device})
    assert client.next() == '44/client,{"message":"INVALID_CREDENTIALS"}'


@pytest.mark.parametrize("payload, error", [
    (["x" * 500_000], "CONVERSATION_NOT_FOUND"), (["a\u0000b"], "CONVERSATION_NOT_FOUND"),
    ([], "MISSING_CONVERSATION_ID"), ([None], "MISSING_CONVERSATION_ID"), ([{}], "MISSING_CONVERSATION_ID"),
    ([""], "MISSING_CONVERSATION_ID"), ([7], "MISSING_CONVERSATION_ID"), (["no-such"], "CONVERSATION_NOT_FOUND"),
    ([{"conversation_id": "no-such"}], "CONVERSATION_NOT_FOUND")], ids=range(9))
def test_a_join_that_cannot_be_is_refused_by_its_acknowledgement(server, api, sockets, payload, error):
    client = sockets.client(server, api)
    assert client.call("conversation:join", *payload) == {"success": False, "error": error}


def test_foreign_conversations_cannot_be_joined(server, api, sockets):
    client = sockets.client(server, api)
    other_app = server.api(device=api.device)
    for foreign in (api.sibling(), other_app):
        answer = client.join(foreign.open()["id"])
        assert answer == {"success": False, "error": "CONVERSATION_NOT_FOUND"}


def test_a_client_is_in_one_conversation_at_a_time(server, api, sockets):
    first, second = api.open()["id"], api.open(user={"id": "u"})["id"]
    client = sockets.client(server, api)
    assert client.join(first) == {"success": True}
    assert client.join(second) == {"success": True}
    api.send(first, "Unheard")
    heard = api.send(second, "Heard")
    assert client.wait("message:new") == heard
    client.fence()
    assert client.events("message:new") == [heard]


def test_who_left_hears_nothing_more(server, api, sockets):
    conversation = api.open()["id"]
    client, other = sockets.client(server, api), sockets.client(server, api)
    client.wait("conversation:joined"), other.wait("conversation:joined")
    client.emit("conversation:leave", {"conversation_id": conversation})
    client.fence()
    message = api.send(conversation, "Unheard")
    other.wait("message:new", id=message["id"])
    client.fence()
    assert client.events("message:new") == []


def test_a_conversation_opened_over_http_is_joined_by_live_sockets(server, api, sockets):
    """D-20."""
    clients = [sockets.client(server, api) for _ in range(2)]
    stranger = sockets.client(server, api.sibling())
    conversation = api.open()["id"]
    for client in clients:
        assert client.wait("conversation:joined") == {"conversation_id": conversation}
    message = api.send(conversation, "Hi")
    for client in clients:
        assert client.wait("message:new") == message
    stranger.fence()
    assert stranger.events("conversation:joined") == [] and stranger.events("message:new") == []


def test_the_latest_conversation_is_joined_on_connecting(server, api, sockets):
    first = api.open()["id"]
    second = api.open(user={"id": "u"})["id"]
    api.send(second, "Earlier")
    last = api.send(first, "Latest")["id"]
    client = sockets.client(server, api)
    assert client.wait("conversation:joined") == {"conversation_id": first, "last_message_id": last}


# Typing

@pytest.fixture(scope="module")
def quick(module_server):
    """Typing ends by itself after a second."""
    return module_server(settings={"Chat": {"typing_timeout": "1s"}})


@pytest.fixture(scope="module")
def patient(module_server):
    """Typing does not end by itself while a test looks."""
    return module_server(settings={"Chat": {"typing_timeout": "30s"}})


def test_typing_reaches_the_other_sockets_and_the_joined_admins_once(server, api, sockets):
    conversation = api.open()["id"]
    typist, other = sockets.client(server, api), sockets.client(server, api)
    joined, distant = sockets.admin(server, api.app), sockets.admin(server, api.app)
    joined.join(conversation)
    typist.wait("conversation:joined"), other.wait("conversation:joined")
    for _ in range(3):
        typist.emit("typing:start", conversation)
    typist.emit("typing:stop", {"conversation_id": conversation})
    payload = {"conversation_id": conversation, "device_id": api.device}
    for socket in (other, joined):
        assert socket.wait("user:typing") == {**payload, "is_typing": True}
        assert socket.wait("user:typing") == {**payload, "is_typing": False}
    for socket in (typist, distant, other, joined):
        socket.fence()
    assert typist.events("user:typing") == [] and distant.events("user:typing") == []
    assert len(other.events("user:typing")) == len(joined.events("user:typing")) == 2


def test_typing_without_having_joined_reaches_nobody(server, api, sockets):
    """D-05."""
    conversation = api.open()["id"]
    listener, admin = sockets.client(server, api), sockets.admin(server, api.app)
    listener.wait("conversation:joined")
    admin.join(conversation)
    intruders = [sockets.client(server, api.sibling()), sockets.client(server, server.api()),
                 sockets.admin(server, api.app), sockets.admin(server, server.create_app())]
    for intruder in intruders:
        intruder.emit("typing:start", {"conversation_id": conversation})
        assert intruder.wait("error")["code"] == "CONVERSATION_NOT_JOINED"
    message = api.send(conversation, "The fence")
    for socket in (listener, admin):
        socket.wait("message:new", id=message["id"])
        assert socket.events("user:typing") == [] and socket.events("agent:typing") == []


def test_typing_ends_by_itself(quick, sockets):
    """D-30: a lost stop would leave the indicator on for ever."""
    api = quick.api()
    conversation = api.open()["id"]
    client, admin = sockets.client(quick, api), sockets.admin(quick, api.app)
    client.wait("conversation:joined")
    admin.join(conversation)
    admin.emit("typing:start", {"conversation_id": conversation})
    assert client.wait("agent:typing")["is_typing"] is True
    assert client.wait("agent:typing") == {"conversation_id": conversation, "is_typing": False}
    client.emit("typing:start", {"conversation_id": conversation})
    assert admin.wait("user:typing")["is_typing"] is True
    assert admin.wait("user:typing")["is_typing"] is False


@pytest.mark.parametrize("end", ["leave", "disconnect", "message"])
def test_typing_ends_when_the_typist_leaves_goes_or_sends(patient, sockets, end):
    server, api = patient, patient.api()
    conversation = api.open()["id"]
    typist, admin = sockets.client(server, api), sockets.admin(server, api.app)
    typist.wait("conversation:joined")
    admin.join(conversation)
    typist.emit("typing:start", {"conversation_id": conversation})
    assert admin.wait("user:typing")["is_typing"] is True
    if end == "leave":
        typist.emit("conversation:leave", conversation)
    elif end == "disconnect":
        typist.close()
    else:
        api.send(conversation, "Done")
    assert admin.wait("user:typing", timeout=15) == {
        "conversation_id": conversation, "device_id": api.device, "is_typing": False}


def test_events_that_do_not_exist_are_ignored(server, api, sockets):
    client = sockets.client(server, api)
    for event in ("message:send", "sessions:list", "app:subscribe", "", "constructor", "\u0000", "x" * 1000):
        client.emit(event, {"conversation_id": new_id(), "body": "x"})
    client.fence()
    assert {decode(frame)[3][0] for frame in client.frames if frame.startswith("42")} == {"connected", "pong"}
