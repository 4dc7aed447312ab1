"""The legacy websocket for apps (legacy-ws.md 1, 2): who is let in, and what each message does."""

import json
import re
import socket

import pytest
import requests

from support import http1
from support.api import new_id

PATHS = ["/v1/realtime", "/api/v1/realtime", "/v1/realtime/"]


@pytest.mark.parametrize("path", PATHS)
def test_a_whole_session_is_byte_for_byte_the_contracts(server, api, app, sockets, path):
    conversation = api.open()["id"]
    client = sockets.legacy(server, api, path)
    established = client.next()
    assert list(established) == ["type", "connection_id"] and established["type"] == "connection.established"
    assert re.fullmatch(r"conn_[0-9a-f]{12,24}", established["connection_id"])
    assert client.next() == {"type": "subscribed", "conversation_id": conversation}
    own = api.send(conversation, "Hi <b>&\"é\"")
    client.next()
    fields = ",".join(f'"{name}":{json.dumps(own[name], ensure_ascii=False)}' for name in (
        "id", "local_id", "conversation_id", "body", "sender", "created_at", "status"))
    assert client.frames[-1] == '{"type":"message.new","message":{' + fields + "}}"

    admin = sockets.admin(server, app)
    admin.join(conversation)
    admin.emit("typing:start", {"conversation_id": conversation})
    assert client.next() == {"type": "agent.typing", "conversation_id": conversation, "is_typing": True}
    answer = admin.call("message:send", {"conversation_id": conversation, "body": "Yes?", "local_id": new_id()})
    assert client.next() == {"type": "message.new", "message": answer["message"]}
    assert client.next() == {"type": "agent.typing", "conversation_id": conversation, "is_typing": False}

    message = answer["message"]["id"]
    api.ok(api.post(f"/conversations/{conversation}/messages/delivered", {"message_ids": [message]}))
    status = client.next()
    assert (status["type"], status["message_id"], status["status"]) == ("message.status", message, "DELIVERED")
    api.ok(api.post(f"/conversations/{conversation}/messages/read", {"up_to_message_id": None}))
    status = client.next()
    assert (status["type"], status["message_id"], status["status"]) == ("message.status", message, "READ")
    read = client.next()
    assert (read["type"], read["conversation_id"], read["message_ids"]) == ("messages.read", conversation, [message])

    client.send("ping")
    assert client.next() == {"type": "pong"}
    client.send_text("no JSON")
    assert client.next() == {"type": "error", "error": "Invalid JSON", "code": "INVALID_JSON"}
    client.send("unknown")
    client.send("subscribe")
    client.send("user.typing", conversation_id=conversation, is_typing="yes")
    client.fence()
    assert len(client.messages("error")) == 1


def test_the_key_may_come_in_a_header_which_wins(server, api, sockets):
    client = sockets.legacy(server, api, headers={"X-Api-Key": api.app.key}, api_key="wrong")
    client.wait("connection.established")
    refused = sockets.legacy(server, api, headers={"X-Api-Key": "wrong"})
    refused.wait("error", code="INVALID_APP_ID")


@pytest.mark.parametrize("missing", ["app_id", "device_id", "api_key"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_parameter_is_told_after_the_upgrade(server, api, sockets, missing, value):
    client = sockets.legacy(server, api, **{missing: value})
    assert client.next() == {"type": "error", "error": "Missing required parameters", "code": "MISSING_PARAMS"}
    assert client.wait_closed() == 4400 and client.close_reason == "Missing parameters"


@pytest.mark.parametrize("change", [{"app_id": "nobody"}, {"api_key": "wrong"}, {"device_id": "d" * 256}])
def test_an_unknown_app_and_a_wrong_key_look_alike(server, api, sockets, change):
    client = sockets.legacy(server, api, **change)
    assert client.next() == {"type": "error", "error": "Invalid app_id", "code": "INVALID_APP_ID"}
    assert client.wait_closed() == 4403 and client.close_reason == "Invalid app_id"


def test_the_strict_switch_tells_them_apart_as_the_first_server_did(module_server, sockets):
    server = module_server(settings={"LegacyWS": {"tell_unknown_app": True}})
    api = server.api()
    unknown = sockets.legacy(server, api, app_id="nobody")
    assert unknown.next()["code"] == "INVALID_APP_ID"
    assert unknown.wait_closed() == 4403
    wrong = sockets.legacy(server, api, api_key="wrong")
    assert wrong.next() == {"type": "error", "error": "Invalid API key", "code": "INVALID_API_KEY"}
    assert wrong.wait_closed() == 4401 and wrong.close_reason == "Invalid API key"


@pytest.mark.parametrize("device", ["a+b/c==", "100%", "%zz", "x=y"])
def test_values_need_no_encoding(server, api, sockets, device):
    """Old clients put values into the query as they are."""
    own = api.sibling(device)
    conversation = own.open()["id"]
    query = f"app_id={api.app.id}&device_id={device}&api_key={api.app.key}"
    request = http1.upgrade_request(server.port, "/v1/realtime?" + query)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request)
        assert http1.read_head(connection)[0] == 101
        text = b""
        while b"subscribed" not in text:
            chunk = connection.recv(4096)
            assert chunk, text
            text += chunk
    assert conversation.encode() in text


def test_subscribing_replaces_what_was_heard_and_foreign_conversations_are_refused(server, api, sockets):
    first = api.open(user={"id": "ada"})["id"]
    second = api.open(user={"id": "bob"})["id"]
    foreign = api.sibling().open()["id"]
    client = sockets.legacy(server, api)
    client.wait("connection.established")
    # By itself, to the latest: it is no answer to what follows.
    client.wait("subscribed", conversation_id=second)
    client.subscribe(first)
    client.send("subscribe", conversation_id=foreign)
    assert client.wait("error") == {"type": "error", "error": "Conversation not found or access denied",
                                    "code": "UNAUTHORIZED_CONVERSATION"}
    api.send(first, "heard")
    client.wait("message.new")
    client.subscribe(second)
    api.send(first, "not heard")
    api.send(second, "heard too")
    assert client.wait("message.new")["message"]["body"] == "heard too"
    assert [entry["message"]["body"] for entry in client.messages("message.new")] == ["heard", "heard too"]


def test_opening_a_conversation_over_http_subscribes_every_live_connection_of_the_device(server, api, sockets):
    clients = [sockets.legacy(server, api) for _ in range(2)]
    stranger = sockets.legacy(server, api.sibling())
    for client in clients + [stranger]:
        client.wait("connection.established")
    conversation = api.open()["id"]
    for client in clients:
        client.wait("subscribed", conversation_id=conversation)
    message = api.send(conversation, "Hello")
    for client in clients:
        assert client.wait("message.new")["message"]["id"] == message["id"]
    stranger.fence()
    assert not stranger.messages("subscribed") and not stranger.messages("message.new")


def test_typing_needs_the_subscription_and_reaches_the_others_only(server, api, app, sockets):
    conversation = api.open()["id"]
    foreign = api.sibling().open()["id"]
    one, two = [sockets.legacy(server, api) for _ in range(2)]
    admin = sockets.admin(server, app)
    admin.join(conversation)
    admin.join(foreign)
    for client in (one, two):
        client.wait("subscribed")
    one.send("user.typing", conversation_id=foreign)
    one.send("user.typing", conversation_id=conversation)
    assert two.wait("user.typing") == {"type": "user.typing", "conversation_id": conversation, "is_typing": True}
    assert admin.wait("user:typing") == {"conversation_id": conversation, "device_id": api.device, "is_typing": True}
    one.close()
    assert two.wait("user.typing")["is_typing"] is False
    assert [event["conversation_id"] for event in admin.events("user:typing")] == [conversation] * len(
        admin.events("user:typing"))
    assert not one.messages("user.typing")


def test_compression_is_never_negotiated(server, api):
    extra = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(http1.upgrade_request(server.port, "/v1/realtime", extra=extra))
        status, headers, _ = http1.read_head(connection)
    assert status == 101 and "sec-websocket-extensions" not in headers


def test_a_plain_request_is_told_what_the_path_is(server):
    for path in ("/v1/realtime", "/api/v1/realtime", "/admin/realtime"):
        answer = requests.get(server.url + path, timeout=10)
        assert answer.status_code == 426 and answer.json()["code"] == "UPGRADE_REQUIRED"
        assert answer.headers["Upgrade"] == "websocket" and "/v1/socket.io" in answer.json()["message"]
        assert requests.post(server.url + path, timeout=10).status_code == 405


def test_presence_counts_both_kinds_of_connections(server, api, app, sockets):
    admin = sockets.admin(server, app)
    old = sockets.legacy(server, api)
    connection = old.wait("connection.established")["connection_id"]
    session = admin.wait("session:connect")
    assert (session["connection_id"], session["device_id"]) == (connection, api.device)
    assert admin.wait("presence:change")["is_online"] is True
    new = sockets.client(server, api)
    admin.wait("session:connect")
    assert len(admin.call("sessions:list")["sessions"]) == 2
    old.close()
    assert admin.wait("session:disconnect")["connection_id"] == connection
    new.close()
    admin.wait("session:disconnect")
    assert admin.wait("presence:change")["is_online"] is False
    assert len(admin.events("presence:change")) == 2


def test_old_and_new_clients_share_a_room(server, api, app, sockets):
    conversation = api.open()["id"]
    old, new = sockets.legacy(server, api), sockets.client(server, api)
    old_admin, new_admin = sockets.legacy_admin(server, app), sockets.admin(server, app)
    old.wait("subscribed")
    new.wait("conversation:joined")
    old_admin.subscribe(conversation)
    new_admin.join(conversation)

    sent = [api.send(conversation, "from the user"), new_admin.call(
        "message:send", {"conversation_id": conversation, "body": "from the agent", "local_id": new_id()})["message"]]
    for message in sent:
        for member in (old, old_admin):
            assert member.wait("message.new")["message"] == message
        for member in (new, new_admin):
            assert member.wait("message:new") == message

    new.emit("typing:start", {"conversation_id": conversation})
    assert old.wait("user.typing")["is_typing"] is True
    assert old_admin.wait("user.typing", device_id=api.device)["is_typing"] is True
    old.send("user.typing", conversation_id=conversation)
    assert new.wait("user:typing", device_id=api.device)["is_typing"] is True
    new_admin.emit("typing:start", {"conversation_id": conversation})
    assert old.wait("agent.typing")["is_typing"] and old_admin.wait("agent.typing")["is_typing"]
    assert new.wait("agent:typing")["is_typing"]

    api.ok(api.post(f"/conversations/{conversation}/messages/read", {"up_to_message_id": None}))
    for member in (old, old_admin):
        assert member.wait("messages.read")["message_ids"] == [sent[1]["id"]]
    for member in (new, new_admin):
        assert member.wait("messages:read")["message_ids"] == [sent[1]["id"]]
    for member, type in ((old, "message.new"), (old_admin, "message.new")):
        assert len(member.messages(type)) == 2


def test_frames_sent_with_the_upgrade_are_not_lost(server, api):
    """A client that does not wait for the answer to the upgrade, as some do."""
    conversation = api.open()["id"]
    text = json.dumps({"type": "ping"}).encode()
    frame = bytes([0x81, 0x80 | len(text)]) + b"\0\0\0\0" + text
    query = f"app_id={api.app.id}&device_id={api.device}&api_key={api.app.key}"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(http1.upgrade_request(server.port, "/v1/realtime?" + query) + frame * 3)
        assert http1.read_head(connection)[0] == 101
        answer = b""
        while answer.count(b'"pong"') < 3:
            chunk = connection.recv(4096)
            assert chunk, answer
            answer += chunk
    assert answer.index(b"connection.established") < answer.index(b'"pong"')
    assert conversation.encode() in answer


def test_a_connection_survives_nothing_but_its_own_end(server, api, sockets):
    """The library's own client answers pings and closes in good order."""
    client = sockets.legacy(server, api)
    client.wait("connection.established")
    assert client.socket.ping().wait(10)
    client.close()
    assert client.close_code == 1000
