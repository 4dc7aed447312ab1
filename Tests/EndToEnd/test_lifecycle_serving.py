"""A server's life: health, draining, and what the log says of it."""

import signal
import socket
import time

import pytest
import requests

from support import http1
from support.api import new_id
from support.server import JWT_SECRET, MASTER_KEY
from support.tokens import access_token, bearer

pytestmark = pytest.mark.any_user


def test_health_counts_clients(own_server, sockets):
    server = own_server()
    api = server.api()

    def health():
        answer = requests.get(f"{server.url}/health", timeout=10)
        assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/json"
        assert list(answer.json()) == ["status", "timestamp", "websocket_connections"]
        assert answer.json()["status"] == "ok"
        return answer.json()["websocket_connections"]

    assert health() == 0
    admin = sockets.admin(server, api.app)
    clients = [sockets.client(server, api) for _ in range(3)]
    for client in clients:
        admin.wait("session:connect", connection_id=client.connected["connection_id"])
    assert health() == 3
    for client in clients:
        client.close()
        admin.wait("session:disconnect", connection_id=client.connected["connection_id"])
    assert health() == 0


def test_liveness_and_readiness_are_answered(server):
    assert requests.get(f"{server.url}/livez", timeout=10).json() == {"status": "ok"}
    answer = requests.get(f"{server.url}/readyz", timeout=10)
    assert answer.status_code == 200 and answer.json()["status"] == "ready"
    plugins = {plugin["name"]: plugin for plugin in answer.json()["plugins"]}
    assert set(plugins) == {"SQLite", "Chat", "Presence", "SocketIO", "LegacyWS", "Rest", "Admin"}
    assert all(plugin["state"] == "ready" and plugin["required"] for plugin in plugins.values())


def test_a_termination_tells_everybody_and_ends_with_zero(own_server, sockets):
    server = own_server()
    api = server.api()
    clients = [sockets.client(server, api.sibling()) for _ in range(20)]
    admins = [sockets.admin(server, api.app) for _ in range(2)]
    started = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    delays = []
    for socket_ in clients + admins:
        goodbye = socket_.wait("server:shutdown")
        assert list(goodbye) == ["message", "reconnect_delay_ms"]
        assert goodbye["message"] == "Server is shutting down"
        delays.append(goodbye["reconnect_delay_ms"])
        socket_.wait_closed()
    assert all(isinstance(delay, int) and 1000 <= delay <= 10_000 for delay in delays)
    assert len(set(delays)) > 5, "spread, so that they do not come back together"
    assert server.wait_end() == 0
    assert time.monotonic() - started < 10
    assert not any('"level":"error"' in line for line in server.log_lines)


def test_an_interrupt_from_the_keyboard_is_a_termination_too(own_server):
    server = own_server()
    server.process.send_signal(signal.SIGINT)
    assert server.wait_end() == 0


def begin_request(server, api):
    """A request whose head the server has read and whose body it waits for."""
    body = b"{}"
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=15)
    connection.sendall(f"POST /v1/conversations HTTP/1.1\r\nHost: x\r\nX-App-Id: {api.app.id}\r\nX-Device-Id: d\r\n"
                       f"X-Api-Key: {api.app.key}\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode())
    assert http1.read_head(connection)[0] == 100
    return connection, body


def test_a_request_under_way_is_finished_and_new_ones_are_not_let_in(own_server):
    server = own_server()
    connection, body = begin_request(server, server.api())
    idle = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    idle.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    assert http1.read_head(idle)[0] == 200
    idle.recv(100)
    server.process.send_signal(signal.SIGTERM)
    assert idle.recv(1) == b"", "a connection without a request is closed at once"
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=2).close()
        raise AssertionError("somebody was let in")
    except ConnectionRefusedError:
        pass
    connection.sendall(body)
    status, headers, _ = http1.read_head(connection)
    assert status == 200 and headers["connection"].lower() == "close"
    assert server.wait_end() == 0


def test_what_is_not_finished_by_the_deadline_is_cut_off(own_server):
    server = own_server(shutdown={"deadline": "1s"})
    connection, _ = begin_request(server, server.api())
    started = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.wait_end() == 0
    assert 0.8 < time.monotonic() - started < 9
    connection.close()


def test_a_peer_that_has_fallen_silent_does_not_hold_up_the_end(own_server):
    """A phone out of reach does not answer a close frame."""
    server = own_server()
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(http1.upgrade_request(server.port, "/v1/socket.io/?EIO=4&transport=websocket"))
    assert http1.read_head(connection)[0] == 101
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 8
    connection.close()


def test_a_second_signal_ends_the_process_at_once(own_server):
    server = own_server(shutdown={"deadline": "30s"})
    connection, _ = begin_request(server, server.api())
    server.process.send_signal(signal.SIGTERM)
    server.wait_log("Draining")
    started = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.wait_end() == 130
    assert time.monotonic() - started < 18
    connection.close()


def test_what_was_acknowledged_is_there_after_a_restart(own_server):
    server = own_server()
    api = server.api()
    conversation = api.open()["id"]
    sent = [api.send(conversation, str(number))["id"] for number in range(5)]
    server.stop()
    server.start()
    again = server.api(api.app, api.device)
    assert [message["id"] for message in again.sync(conversation)] == sent
    assert again.open()["id"] == conversation
    later = again.send(conversation, "Later")
    assert [message["id"] for message in again.sync(conversation)] == sent + [later["id"]]


def test_the_log_holds_neither_keys_nor_tokens_nor_texts(own_server, sockets):
    """D-10, at the level that says most."""
    server = own_server(log={"level": "trace"})
    api = server.api()
    token, push, text = access_token(api.app), f"push-{new_id()}", f"text-{new_id()}"
    refused = {"key": f"refused-{new_id()}", "token": f"refused-{new_id()}", "master": f"refused-{new_id()}"}

    conversation = api.open(user={"id": "u", "email": "private@example.org"})["id"]
    api.send(conversation, text)
    api.ok(api.post("/push-token", {"token": push, "platform": "ios", "device_id": api.device}))
    api.identify({"id": "u", "email": "private@example.org"})
    api.post("/conversations", {}, headers={"X-Api-Key": refused["key"]})
    api.post(f"/conversations?api_key={api.app.key}&token={token}", {"user": 7})
    for headers in (bearer(token), bearer(refused["token"]), {"X-App-ID": api.app.id, "X-API-Key": api.app.key}):
        requests.get(f"{server.url}/admin/api/users?api_key={api.app.key}", headers=headers, timeout=10)
    requests.get(f"{server.url}/setup/api/apps", headers={"X-Master-API-Key": refused["master"]}, timeout=10)
    client, admin = sockets.client(server, api), sockets.admin(server, api.app, token)
    admin.call("message:send", {"conversation_id": conversation, "body": text})
    wrong = sockets.client(server, api, connect=False)
    wrong.ask({**api.auth, "api_key": refused["key"]})
    wrong.next()
    client.send("nonsense" + api.app.key)
    client.wait_closed()
    http1.exchange(server.port, f"BROKEN {api.app.key}\r\n\r\n".encode())
    server.stop()

    assert len(server.log_lines) > 10, "it says something"
    said = server.log + "\n".join(server.output)
    secrets = {"key": api.app.key, "token": token, "signature": token.split(".")[2], "push": push, "text": text,
               "email": "private@example.org", "JWT_SECRET": JWT_SECRET, "MASTER_KEY": MASTER_KEY,
               **{f"refused {name}": value for name, value in refused.items()}}
    assert [name for name, secret in secrets.items() if secret in said] == []
