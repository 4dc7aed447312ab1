"""One session of a client, byte by byte (socketio.md 13); only ids of sockets and times are normalised."""

import re
import socket

import pytest

from support import http1
from support.api import new_id

OPEN = '0{"sid":"<sid>","upgrades":[],"pingInterval":25000,"pingTimeout":60000,"maxPayload":1000000}'
PATHS = ["/v1/socket.io/", "/v1/socket.io", "/api/v1/socket.io/", "/api/v1/socket.io"]


def normalise(frame):
    frame = re.sub(r'"sid":"[A-Za-z0-9_-]{20}"', '"sid":"<sid>"', frame)
    frame = re.sub(r'"connection_id":"conn_[0-9a-f-]{12,24}"', '"connection_id":"<connection>"', frame)
    return re.sub(r'"(server_time|updated_at|read_at)":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"', r'"\1":"<time>"', frame)


def auth(api):
    return f'{{"app_id":"{api.app.id}","device_id":"{api.device}","api_key":"{api.app.key}"}}'


def wire(message):
    """The seven fields in the contract's order."""
    fields = ("id", "local_id", "conversation_id", "body", "sender", "created_at", "status")
    assert tuple(message) == fields
    return "{" + ",".join(f'"{name}":"{message[name]}"' for name in fields) + "}"


@pytest.mark.parametrize("path", PATHS)
def test_a_whole_session_is_byte_for_byte_the_contracts(server, api, app, sockets, path):
    conversation = api.open()["id"]
    older = api.send(conversation, "Hello")["id"]
    admin = sockets.admin(server, app)
    admin.join(conversation)
    raw = sockets.raw(server, path)

    def expect(*frames):
        for frame in frames:
            assert normalise(raw.next()) == frame

    expect(OPEN)
    raw.send(f"40/client,{auth(api)}")
    joined = f'{{"conversation_id":"{conversation}","last_message_id":"{older}"}}'
    expect('40/client,{"sid":"<sid>"}',
           '42/client,["connected",{"connection_id":"<connection>","server_time":"<time>"}]',
           f'42/client,["conversation:joined",{joined}]')
    raw.send(f'42/client,1["conversation:join",{{"conversation_id":"{conversation}"}}]')
    expect(f'42/client,["conversation:joined",{joined}]',
           f'43/client,1[{{"success":true,"last_message_id":"{older}"}}]')

    own = api.send(conversation, "Hi")
    expect(f'42/client,["message:new",{wire(own)}]')
    typing = f'{{"conversation_id":"{conversation}","is_typing":'
    admin.emit("typing:start", {"conversation_id": conversation})
    expect(f'42/client,["agent:typing",{typing}true}}]')
    answer = admin.call("message:send", {"conversation_id": conversation, "body": "Good day", "local_id": new_id()})
    expect(f'42/client,["message:new",{wire(answer["message"])}]',
           f'42/client,["agent:typing",{typing}false}}]')
    api.ok(api.post(f"/conversations/{conversation}/messages/delivered", {"message_ids": [answer["message"]["id"]]}))
    expect(f'42/client,["message:status",{{"message_id":"{answer["message"]["id"]}","id":"{answer["message"]["id"]}",'
           f'"conversation_id":"{conversation}","status":"DELIVERED","updated_at":"<time>"}}]')
    api.ok(api.post(f"/conversations/{conversation}/messages/read", {"up_to_message_id": None}))
    expect(f'42/client,["message:status",{{"message_id":"{answer["message"]["id"]}","id":"{answer["message"]["id"]}",'
           f'"conversation_id":"{conversation}","status":"READ","updated_at":"<time>"}}]',
           f'42/client,["messages:read",{{"conversation_id":"{conversation}",'
           f'"message_ids":["{answer["message"]["id"]}"],"read_at":"<time>"}}]')
    raw.send('42/client,["ping"]')
    expect('42/client,["pong"]')


def test_the_server_says_goodbye_byte_for_byte_and_closes_the_socket(own_server, sockets):
    server = own_server(shutdown={"min_reconnect": "5s", "max_reconnect": "5s"})
    api = server.api()
    raw = sockets.raw(server)
    raw.next()
    raw.send(f"40/client,{auth(api)}")
    raw.until(lambda frame: '"connected"' in frame)
    server.stop()
    raw.until(lambda frame: frame == '42/client,["server:shutdown",'
              '{"message":"Server is shutting down","reconnect_delay_ms":5000}]')
    raw.wait_closed()


def test_a_wrong_key_is_refused_and_the_socket_stays_open(server, api, sockets):
    raw = sockets.raw(server)
    raw.next()
    raw.send(f'40/client,{{"app_id":"{api.app.id}","device_id":"d","api_key":"wrong"}}')
    assert raw.next() == '44/client,{"message":"INVALID_CREDENTIALS"}'
    raw.send(f"40/client,{auth(api)}")
    assert normalise(raw.next()) == '40/client,{"sid":"<sid>"}'


@pytest.mark.parametrize("packet, refusal", [
    ("40/x,", '44/x,{"message":"Invalid namespace"}'),
    ("40", '44{"message":"Invalid namespace"}'),
    ("40/client,", '44/client,{"message":"MISSING_PARAMS"}'),
    ("40/admin,{}", '44/admin,{"message":"MISSING_PARAMS"}'),
])
def test_refusals_are_byte_for_byte_the_contracts(server, sockets, packet, refusal):
    raw = sockets.raw(server)
    raw.next()
    raw.send(packet)
    assert raw.next() == refusal


def test_joining_a_foreign_conversation_is_refused(server, api, sockets):
    foreign = api.sibling().open()["id"]
    client = sockets.client(server, api)
    client.send(f'42/client,2["conversation:join",{{"conversation_id":"{foreign}"}}]')
    assert client.next() == '43/client,2[{"success":false,"error":"CONVERSATION_NOT_FOUND"}]'


def test_an_empty_conversation_is_joined_without_a_last_message(server, api, sockets):
    client = sockets.client(server, api)
    client.fence()
    assert not client.events("conversation:joined")
    other = sockets.client(server, api)
    conversation = api.open()["id"]
    expected = f'42/client,["conversation:joined",{{"conversation_id":"{conversation}"}}]'
    other.until(lambda frame: frame == expected)
    other.send(f'42/client,9007199254740993["conversation:join","{conversation}"]')
    other.until(lambda frame: frame == expected)
    assert other.next() == '43/client,9007199254740993[{"success":true}]'


@pytest.mark.parametrize("path", PATHS)
def test_compression_is_never_agreed_on_and_any_origin_may_connect(server, sockets, path):
    raw = sockets.raw(server, path, header=[
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", "Origin: https://elsewhere.example"])
    assert "sec-websocket-extensions" not in raw.headers
    assert normalise(raw.next()) == OPEN


@pytest.mark.parametrize("path", ["/v1/socket.io/", "/api/v1/socket.io"])
@pytest.mark.parametrize("query, message", [
    ("EIO=4", "Transport unknown"),
    ("EIO=4&transport=polling", "Transport unknown"),
    ("EIO=4&transport=websocket&sid=abc", "Session ID unknown"),
    ("EIO=3&transport=websocket", "Unsupported protocol version"),
    ("transport=websocket", "Unsupported protocol version"),
])
def test_a_wrong_upgrade_is_refused_with_its_text(server, path, query, message):
    status, headers, body = http1.parse(http1.exchange(server.port, http1.upgrade_request(server.port, f"{path}?{query}")))
    assert (status, body.decode()) == (400, message)
    assert "upgrade" not in headers


@pytest.mark.parametrize("path", ["/v1/socket.io/", "/api/v1/socket.io"])
@pytest.mark.parametrize("method, query, code, message", [
    ("GET", "EIO=4&transport=polling", 0, "Transport unknown"),
    ("GET", "", 0, "Transport unknown"),
    ("GET", "EIO=4&transport=websocket&sid=abc", 1, "Session ID unknown"),
    ("POST", "EIO=4&transport=websocket", 2, "Bad handshake method"),
    ("GET", "EIO=4&transport=websocket", 3, "Bad request"),
])
def test_a_plain_request_is_refused_with_json(server, api, path, method, query, code, message):
    answer = api.session.request(method, f"{server.url}{path}?{query}", timeout=10)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.text == f'{{"code":{code},"message":"{message}"}}'


def test_a_frame_sent_together_with_the_upgrade_is_not_lost(server, api):
    """A masked CONNECT in the same packet as the request, as an impatient client may send it."""
    connect = f"40/client,{auth(api)}".encode()
    mask = b"\x01\x02\x03\x04"
    masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(connect))
    frame = b"\x81" + bytes([0x80 | 126]) + len(connect).to_bytes(2, "big") + mask + masked
    request = http1.upgrade_request(server.port, "/v1/socket.io/?EIO=4&transport=websocket")
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request + frame)
        received = b""
        while b'"connected"' not in received:
            chunk = connection.recv(65536)
            assert chunk, received
            received += chunk
    assert received.startswith(b"HTTP/1.1 101 ")
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in received, "RFC 6455 section 1.3"
