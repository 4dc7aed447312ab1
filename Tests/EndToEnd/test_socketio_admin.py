"""The agents' side of Socket.IO (socketio.md 4, 7, 8)."""

import pytest

from support.api import new_id
from support.tokens import access_token


@pytest.fixture
def admin(server, api, sockets):
    return sockets.admin(server, api.app)


@pytest.fixture
def conversation(api):
    return api.open()["id"]


# Being let in

def refused(server, sockets, auth):
    raw = sockets.namespace(server, "/admin", None, connect=False)
    raw.ask(auth)
    return raw.next()


@pytest.mark.parametrize("auth", [{}, {"app_id": "a"}, {"admin_token": "t"}, {"app_id": "", "admin_token": "t"}])
def test_missing_parameters_are_refused(server, sockets, auth):
    assert refused(server, sockets, auth) == '44/admin,{"message":"MISSING_PARAMS"}'


@pytest.mark.parametrize("token", [
    lambda app: "wrong", lambda app: access_token(app, secret="another secret that is long enough, too"),
    lambda app: access_token(app, lifetime=-1), lambda app: access_token(app, algorithm="none"),
    lambda app: access_token(app, iss="elsewhere"), lambda app: access_token(app, appId="another-app"),
    lambda app: app.key + "x"], ids=["word", "secret", "expired", "none", "issuer", "app", "key"])
def test_wrong_credentials_are_refused(server, app, sockets, token):
    auth = {"app_id": app.id, "admin_token": token(app)}
    assert refused(server, sockets, auth) == '44/admin,{"message":"INVALID_CREDENTIALS"}'


def test_a_token_opens_its_own_app_only(server, app, sockets):
    other = server.create_app()
    auth = {"app_id": other.id, "admin_token": access_token(app)}
    assert refused(server, sockets, auth) == '44/admin,{"message":"INVALID_CREDENTIALS"}'


def test_the_apps_own_key_is_accepted_only_where_that_is_switched_on(server, api, conversation, module_server, sockets):
    admin = sockets.admin(server, api.app, token=api.app.key)
    assert admin.join(conversation)["success"] is True
    strict = module_server(settings={"Admin": {"client_key_login": False}})
    app = strict.create_app()
    auth = {"app_id": app.id, "admin_token": app.key}
    assert refused(strict, sockets, auth) == '44/admin,{"message":"INVALID_CREDENTIALS"}'
    assert sockets.admin(strict, app).connected["connection_id"]


# Conversations

def test_an_admin_joins_several_conversations_and_leaves_one(server, api, admin):
    devices = [api.sibling() for _ in range(3)]
    conversations = [device.open()["id"] for device in devices]
    for conversation in conversations:
        assert admin.join(conversation) == {"success": True}
        admin.wait("conversation:joined", conversation_id=conversation)
    messages = [device.send(conversation, "Hi") for device, conversation in zip(devices, conversations)]
    for message in messages:
        assert admin.wait("message:new") == message
    admin.emit("conversation:leave", {"conversation_id": conversations[0]})
    admin.fence()
    after = devices[0].send(conversations[0], "Still heard: the app's room has it")
    assert admin.wait("message:new") == after


def test_an_admin_in_the_apps_room_and_the_conversations_hears_each_message_once(server, api, admin, conversation):
    """D-17."""
    admin.emit("app:subscribe")
    admin.emit("app:subscribe", {"app_id": api.app.id})
    admin.join(conversation)
    admin.join(conversation)
    sent = [api.send(conversation, str(number)) for number in range(5)]
    admin.wait("message:new", id=sent[-1]["id"])
    admin.fence()
    assert admin.events("message:new") == sent


def test_nothing_of_another_app_is_heard_or_reached(server, api, admin):
    other = server.api()
    foreign = other.open()["id"]
    assert admin.join(foreign) == {"success": False, "error": "CONVERSATION_NOT_FOUND"}
    answer = admin.call("message:send", {"conversation_id": foreign, "body": "x", "local_id": new_id()})
    assert answer == {"success": False, "error": "CONVERSATION_NOT_FOUND"}
    other.send(foreign, "Private")
    own = api.send(api.open()["id"], "Mine")
    assert admin.wait("message:new") == own
    admin.fence()
    assert admin.events("message:new") == [own]
    assert all(session["device_id"] != other.device for session in admin.events("session:connect"))


def test_agents_are_seen_typing_by_clients_and_by_other_agents(server, api, admin, conversation, sockets):
    client, colleague = sockets.client(server, api), sockets.admin(server, api.app)
    client.wait("conversation:joined")
    admin.join(conversation)
    colleague.join(conversation)
    admin.emit("typing:start", conversation)
    admin.emit("typing:start", conversation)
    admin.emit("typing:stop", conversation)
    assert client.wait("agent:typing") == {"conversation_id": conversation, "is_typing": True}
    assert client.wait("agent:typing") == {"conversation_id": conversation, "is_typing": False}
    client.fence()
    assert len(client.events("agent:typing")) == 2


# Sending

def test_an_answer_is_acknowledged_with_the_message_and_is_idempotent(server, api, admin, conversation):
    payload = {"conversation_id": conversation, "body": "Hello", "local_id": new_id()}
    first = admin.call("message:send", payload)
    assert list(first) == ["success", "message"]
    assert list(first["message"]) == ["id", "local_id", "conversation_id", "body", "sender", "created_at", "status"]
    assert (first["message"]["sender"], first["message"]["local_id"]) == ("agent", payload["local_id"])
    assert admin.call("message:send", {**payload, "body": "Another text"}) == first
    assert [message["body"] for message in api.sync(conversation)] == ["Hello"]


def test_an_answer_without_a_local_id_gets_one(api, admin, conversation):
    made = admin.call("message:send", {"conversation_id": conversation, "body": "Hello"})["message"]["local_id"]
    assert made and made != admin.call("message:send", {"conversation_id": conversation, "body": "x"})["message"]["local_id"]


@pytest.mark.parametrize("changes, error", [
    ({"conversation_id": "no-such"}, "CONVERSATION_NOT_FOUND"), ({"conversation_id": None}, "INVALID_PAYLOAD"),
    ({"body": ""}, "INVALID_PAYLOAD"), ({"body": None}, "INVALID_PAYLOAD"), ({"body": 7}, "INVALID_PAYLOAD"),
    ({"body": "x" * 5001}, "MESSAGE_TOO_LONG"), ({"body": "😀" * 2501}, "MESSAGE_TOO_LONG"),
    ({"local_id": 7}, "INVALID_PAYLOAD")], ids=range(8))
def test_a_wrong_answer_is_refused_by_its_acknowledgement(api, admin, conversation, changes, error):
    payload = {"conversation_id": conversation, "body": "x", "local_id": new_id(), **changes}
    assert admin.call("message:send", payload) == {"success": False, "error": error}
    assert api.sync(conversation) == []


def test_no_event_needs_an_acknowledgement(server, api, admin, conversation):
    """D-01."""
    admin.emit("conversation:join", {"conversation_id": conversation})
    admin.emit("conversation:join")
    admin.emit("sessions:list")
    admin.emit("message:send", "nonsense")
    admin.emit("message:send")
    admin.emit("message:send", {"conversation_id": conversation, "body": "Hello"})
    assert admin.wait("message:new")["body"] == "Hello"
    admin.fence()
    assert server.is_running


def test_a_role_that_is_not_known_may_do_nothing(server, api, conversation, sockets):
    """D-08: roles count on sockets too."""
    nobody = sockets.admin(server, api.app, token=access_token(api.app, "GUEST"))
    assert nobody.join(conversation) == {"success": False, "error": "FORBIDDEN"}
    answer = nobody.call("message:send", {"conversation_id": conversation, "body": "x", "local_id": new_id()})
    assert answer == {"success": False, "error": "FORBIDDEN"}
    assert nobody.call("sessions:list").get("sessions", []) == []
    message = api.send(conversation, "Hi")
    watcher = sockets.admin(server, api.app)
    api.send(conversation, "Fence")
    watcher.wait("message:new")
    nobody.fence()
    assert message not in nobody.events("message:new")


# Who is there

def test_sessions_are_listed_in_camel_case_with_or_without_an_argument(server, api, admin, sockets):
    client = sockets.client(server, api)
    expected = {"connectionId": client.connected["connection_id"], "deviceId": api.device, "appId": api.app.id,
                "connectedAt": client.connected["server_time"]}
    for arguments in ([], [{}], [None]):
        assert admin.call("sessions:list", *arguments) == {"sessions": [expected]}
    client.close()
    admin.wait("session:disconnect")
    assert admin.call("sessions:list") == {"sessions": []}


def test_sessions_are_announced_with_their_end_and_its_reason(server, api, admin, sockets):
    client = sockets.client(server, api)
    connection = client.connected["connection_id"]
    assert admin.wait("session:connect") == {
        "connection_id": connection, "device_id": api.device, "app_id": api.app.id,
        "connected_at": client.connected["server_time"]}
    client.send("41/client,")
    assert admin.wait("session:disconnect") == {
        "connection_id": connection, "device_id": api.device, "reason": "client namespace disconnect"}
    other = sockets.client(server, api)
    other.close()
    assert admin.wait("session:disconnect")["reason"] in ("transport close", "transport error")


def test_presence_changes_with_the_first_connection_and_the_grace_after_the_last(module_server, sockets):
    """D-12, D-16."""
    server = module_server(settings={"Presence": {"offline_grace": "5s"}})
    api = server.api()
    admin = sockets.admin(server, api.app)
    who = {"app_id": api.app.id, "device_id": api.device}
    first = sockets.client(server, api)
    assert admin.wait("presence:change") == {**who, "is_online": True}
    second = sockets.client(server, api)
    first.close()
    admin.wait("session:disconnect")
    second.close()
    # Back within the grace: nobody went away.
    third = sockets.client(server, api)
    admin.wait("session:connect", connection_id=third.connected["connection_id"])
    third.close()
    assert admin.wait("presence:change", timeout=20) == {**who, "is_online": False}
    admin.fence()
    assert [change["is_online"] for change in admin.events("presence:change")] == [True, False]


def test_presence_of_a_socket_that_is_gone_at_once_does_not_stay(server, api, admin, sockets):
    """D-14: a connection that closes while it is being authenticated leaves nothing behind."""
    for _ in range(10):
        client = sockets.client(server, api, connect=False)
        client.ask(api.auth)
        client.vanish()
    last = sockets.client(server, api)
    admin.wait("session:connect", connection_id=last.connected["connection_id"])
    last.close()
    admin.wait("presence:change", timeout=10, is_online=False)
    assert admin.call("sessions:list") == {"sessions": []}
