"""What happens to sockets is seen: in metrics, in the log, and in close frames."""

import json

import pytest
import websocket

from support.api import new_id
from support.metrics import read
from support.waiting import wait_until


@pytest.fixture(scope="module")
def server(module_server):
    return module_server(settings={"Metrics": {}}, log={"level": "debug"})


@pytest.fixture
def api(server):
    return server.api()


def lines(server, message, **fields):
    """The lines that say so, of which there is one at least."""
    def written():
        return [line for line in map(json.loads, server.log_lines)
                if line["message"] == message and fields.items() <= line.items()]

    wait_until(written)
    return written()


def rise(server, name, labels):
    before = read(server)[name, labels]
    return lambda: read(server)[name, labels] - before


@pytest.mark.parametrize("auth, reason", [
    ({"api_key": "sk_wrong"}, "invalid_credentials"), ({"app_id": new_id()}, "invalid_credentials"),
    ({"device_id": ""}, "missing_params")])
def test_a_refused_connect_is_counted_and_written(server, api, sockets, auth, reason):
    refused = rise(server, "replyhq_socketio_refused_total", {"reason": reason})
    client = sockets.client(server, api, connect=False)
    client.ask({**api.auth, **auth})
    assert client.next().startswith("44/client")
    assert refused() == 1
    app = {**api.auth, **auth}["app_id"] if reason == "invalid_credentials" else "-"
    line = lines(server, "A CONNECT was refused", reason=reason, app=app)[-1]
    assert (line["level"], line["client"]) == ("debug", "127.0.0.1")
    # Where nobody reads debug, there is one line for all of a minute.
    assert lines(server, "CONNECTs were refused", reason=reason)[0]["level"] == "info"
    assert api.app.key not in server.log


@pytest.mark.parametrize("packet, code, reason, cause", [
    ('42/client,[{"toString":"x"}]', 1007, "payload does not fit the packet type", "invalid_packet"),
    ("4", 1007, "empty packet", "invalid_packet"), ("z", 1007, "no Engine.IO packet", "invalid_packet"),
    ('42/elsewhere,["e"]', 1008, "packet for a namespace not joined", "unexpected_packet"),
    ('4511-/client,["e"]', 1009, "too many attachments", "invalid_packet")])
def test_what_closes_a_connection_for_its_content_says_so(server, api, sockets, packet, code, reason, cause):
    closed = rise(server, "replyhq_socketio_closed_total", {"cause": cause})
    client = sockets.client(server, api)
    client.send(packet)
    client.wait_closed()
    assert client.close_code == code
    assert closed() == 1
    assert lines(server, "A connection was closed", reason=reason, code=str(code))[0]["level"] == "debug"
    assert lines(server, "Connections were closed", cause=cause)[0]["level"] == "info"


def test_an_event_that_fails_is_counted_by_its_code(server, api, sockets):
    admin = sockets.admin(server, api.app)
    names = ("message:send", "INVALID_PAYLOAD"), ("message:send", "CONVERSATION_NOT_FOUND"), (
        "message:send", "MESSAGE_TOO_LONG"), ("conversation:join", "CONVERSATION_NOT_FOUND")
    rises = [rise(server, "replyhq_socketio_failed_events_total", {"event": event, "code": code})
             for event, code in names]
    conversation = api.open()["id"]
    for payload in ({}, {"conversation_id": new_id(), "body": "x"},
                    {"conversation_id": conversation, "body": "x" * 5001}):
        assert admin.call("message:send", payload)["success"] is False
    assert admin.join(new_id())["success"] is False
    # Without an acknowledgement the event `error` says it.
    admin.emit("message:send", {"conversation_id": conversation, "body": "x" * 5001})
    assert admin.wait("error")["code"] == "MESSAGE_TOO_LONG"
    assert [count() for count in rises] == [1, 1, 2, 1]
    for event, code in names:
        assert lines(server, "An event failed", event=event, code=code, app=api.app.id)


def test_a_connection_that_leaves_is_counted_and_is_no_news(server, api, sockets):
    closed = rise(server, "replyhq_socketio_closed_total", {"cause": "client"})
    sockets.client(server, api).close()
    wait_until(lambda: closed() == 1)
    assert '"cause":"client"' not in server.log


def test_a_wrong_handshake_is_counted(server):
    refused = rise(server, "replyhq_socketio_refused_total", {"reason": "handshake"})
    with pytest.raises(websocket.WebSocketBadStatusException):
        websocket.create_connection(server.websocket(query="EIO=3&transport=websocket"), timeout=10)
    assert refused() == 1


def test_old_clients_are_seen_too(server, api, sockets):
    failed = rise(server, "replyhq_legacy_failed_events_total", {"code": "UNAUTHORIZED_CONVERSATION"})
    client = sockets.legacy(server, api)
    client.wait("connection.established")
    client.send("subscribe", conversation_id=new_id())
    assert client.wait("error")["code"] == "UNAUTHORIZED_CONVERSATION"
    assert failed() == 1
    refused = sockets.legacy(server, api, api_key="sk_wrong")
    assert refused.wait_closed() == 4403
    assert lines(server, "A peer was not let in", code="4403", app=api.app.id)[0]["client"] == "127.0.0.1"
    assert lines(server, "Peers were not let in", code="4403")[0]["level"] == "info"
