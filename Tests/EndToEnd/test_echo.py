"""The Engine.IO and Socket.IO protocols themselves, on the example plugin, as their public documents test them."""

import json
import queue
import time

import pytest
import requests
import socketio
import websocket

from support.api import expect_error
from support.server import REPOSITORY

BINARY_1, BINARY_2 = b"\x01\x02\x03", b"\x04\x05\x06"


# Whoever is slow is not closed, as this machine may be.
PATIENT = {"PORT": "0", "REPLYHQ_PLUGINS__ECHO__SETTINGS__PING_TIMEOUT": "10s",
           "REPLYHQ_PLUGINS__ECHO__SETTINGS__CONNECT_TIMEOUT": "10s"}


@pytest.fixture(scope="module")
def echo(module_server):
    return module_server(REPOSITORY / "config/echo.yaml", variables=PATIENT)


@pytest.fixture(scope="module")
def strict(module_server):
    """As it is shipped, with the timings of the protocols' own tests."""
    return module_server(REPOSITORY / "config/echo.yaml", variables={"PORT": "0"})


@pytest.fixture
def engine(echo, sockets):
    return sockets.raw(echo, "/engine.io/")


@pytest.fixture
def raw(echo, sockets):
    socket = sockets.raw(echo, "/socket.io/")
    assert socket.next().startswith("0{")
    return socket


@pytest.fixture
def joined(raw):
    raw.send("40")
    assert raw.next().startswith('40{"sid":"')
    assert raw.next() == '42["auth",{}]'
    return raw


# Engine.IO

@pytest.mark.parametrize("path", ["/engine.io/", "/engine.io", "/socket.io/", "/socket.io"])
def test_a_session_opens_with_its_timings(strict, sockets, path):
    opening = sockets.raw(strict, path).next()
    assert opening[0] == "0"
    session = json.loads(opening[1:])
    assert isinstance(session.pop("sid"), str)
    assert session == {"upgrades": [], "pingInterval": 300, "pingTimeout": 200, "maxPayload": 1_000_000}


def test_text_and_binary_come_back(engine):
    engine.next()
    for text in ("4hello", "4", "4" + "é" * 10_000, '4["json"]'):
        engine.send(text)
        assert engine.next() == text
    for data in (BINARY_1, b"", bytes(range(256)) * 1000):
        engine.send_binary(data)
        assert engine.next() == data


def test_the_server_pings_and_a_pong_keeps_the_session(echo, sockets):
    engine = sockets.raw(echo, "/engine.io/", answers_pings=False)
    engine.next()
    for _ in range(3):
        assert engine.next() == "2"
        engine.send("3")


def test_a_session_without_pong_is_closed(strict, sockets):
    engine = sockets.raw(strict, "/engine.io/", answers_pings=False)
    engine.next()
    assert engine.next() == "2"
    engine.wait_closed(15)


def test_a_close_packet_closes(engine):
    engine.next()
    engine.send("1")
    engine.wait_closed()


@pytest.mark.parametrize("packet", ["abc", "", "9"])
def test_a_packet_of_no_kind_closes(engine, packet):
    engine.next()
    engine.send(packet)
    engine.wait_closed()


# Socket.IO: namespaces

def test_the_main_namespace_is_joined(joined):
    assert joined.frames[0][0] == "0"


@pytest.mark.parametrize("packet, sid, auth", [
    ('40{"token":"123"}', '40{"sid":"', '42["auth",{"token":"123"}]'),
    ("40/custom,", '40/custom,{"sid":"', '42/custom,["auth",{}]'),
    ('40/custom,{"token":"abc"}', '40/custom,{"sid":"', '42/custom,["auth",{"token":"abc"}]'),
    ('40/custom?x=1,{"token":"abc"}', '40/custom,{"sid":"', '42/custom,["auth",{"token":"abc"}]')], ids=range(4))
def test_a_namespace_is_joined_with_what_the_peer_sends_along(raw, packet, sid, auth):
    raw.send(packet)
    assert raw.next().startswith(sid)
    assert raw.next() == auth


def test_an_unknown_namespace_is_refused(raw):
    raw.send("40/random")
    assert raw.next() == '44/random,{"message":"Invalid namespace"}'


@pytest.mark.parametrize("packet", ["4abc", "4", '40{"a"', "40[]", "40{}x"])
def test_a_broken_connect_closes(raw, packet):
    raw.send(packet)
    raw.wait_closed()


def test_a_peer_that_joins_nothing_is_closed_after_a_second(strict, sockets):
    began = time.monotonic()
    raw = sockets.raw(strict, "/socket.io/")
    raw.next()
    raw.wait_closed(15)
    assert time.monotonic() - began > 0.9


def test_leaving_the_main_namespace_leaves_the_connection(joined):
    joined.send("41")
    joined.send("40")
    assert joined.next().startswith('40{"sid":"')


def test_leaving_one_namespace_leaves_the_other(joined):
    joined.send("40/custom")
    joined.next(), joined.next()
    joined.send("41/custom")
    joined.send('42["message","to the main namespace"]')
    assert joined.next() == '42["message-back","to the main namespace"]'


# Socket.IO: messages

def test_a_message_comes_back(joined):
    joined.send('42["message",1,"2",{"3":[true]}]')
    assert joined.next() == '42["message-back",1,"2",{"3":[true]}]'


def test_a_message_is_acknowledged(joined):
    joined.send('42456["message-with-ack",1,"2",{"3":[false]}]')
    assert joined.next() == '43456[1,"2",{"3":[false]}]'


def test_binary_arguments_come_back(joined):
    placeholders = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'
    joined.send(f'452-["message",{placeholders}]')
    joined.send_binary(BINARY_1)
    joined.send_binary(BINARY_2)
    assert joined.next() == f'452-["message-back",{placeholders}]'
    assert [joined.next(), joined.next()] == [BINARY_1, BINARY_2]


def test_binary_arguments_are_acknowledged(joined):
    placeholders = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'
    joined.send(f'452-789["message-with-ack",{placeholders}]')
    joined.send_binary(BINARY_1)
    joined.send_binary(BINARY_2)
    assert joined.next() == f'462-789[{placeholders}]'
    assert [joined.next(), joined.next()] == [BINARY_1, BINARY_2]


@pytest.mark.parametrize("frames", [
    ["4abc"], ["42{}"], ['45["message"]'], ['451-["message",{"_placeholder":true,"num":1}]', b"x"],
    ['451-["message",{"_placeholder":true,"num":0}]', '42["message"]'], [b"x"],
    ['4599999-["message",{"_placeholder":true,"num":0}]']], ids=range(7))
def test_a_broken_packet_closes(joined, frames):
    try:
        for frame in frames:
            joined.send(frame) if isinstance(frame, str) else joined.send_binary(frame)
    except (websocket.WebSocketException, OSError):
        pass  # Closed at the first frame already.
    joined.wait_closed()


# A stock client

@pytest.mark.parametrize("namespace", ["/", "/custom"])
def test_a_stock_client_sends_and_gets_binary_and_acknowledgements(echo, namespace):
    received = queue.Queue()
    client = socketio.Client(reconnection=False)
    for event in ("auth", "message-back"):
        client.on(event, lambda *arguments, event=event: received.put((event, arguments)), namespace=namespace)
    client.connect(echo.url, transports=["websocket"], socketio_path="/socket.io", namespaces=[namespace],
                   auth={"token": "x"}, wait_timeout=5)
    try:
        assert received.get(timeout=5) == ("auth", ({"token": "x"},))
        payload = {"text": "é", "data": BINARY_1, "list": [BINARY_2, 1, None]}
        client.emit("message", (payload, "more"), namespace=namespace)
        assert received.get(timeout=5) == ("message-back", (payload, "more"))
        assert client.call("message-with-ack", payload, namespace=namespace, timeout=5) == payload
        assert client.call("message-with-ack", ("a", BINARY_1), namespace=namespace, timeout=5) == ("a", BINARY_1)
    finally:
        client.disconnect()


def test_a_plugin_may_have_routes_too(echo):
    answer = requests.get(f"{echo.url}/echo", params={"text": "é & more"}, timeout=10)
    assert answer.json() == {"text": "é & more"}
    expect_error(requests.get(f"{echo.url}/echo", timeout=10), 400, "VALIDATION_ERROR")


def test_sockets_of_a_plugin_do_not_hold_up_the_end(own_server, sockets):
    server = own_server(REPOSITORY / "config/echo.yaml", variables=PATIENT)
    engine, raw = sockets.raw(server, "/engine.io/"), sockets.raw(server, "/socket.io/")
    raw.send("40")
    for socket in (engine, raw):
        assert socket.next().startswith("0{")
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 8
    engine.wait_closed(), raw.wait_closed()
