"""What one connection, device or frame may cost (socketio.md 1, 10)."""

import json
import os
import struct

import pytest
import websocket
from websockets.exceptions import InvalidStatus

from support.metrics import read
from support.waiting import wait_until


def test_too_many_events_are_dropped_with_one_complaint_and_the_rest_goes_on(server, api, sockets):
    client = sockets.client(server, api)
    client.send_together(['42/client,["ping"]'] * 120)
    complaint = client.wait("error")
    assert complaint["code"] == "RATE_LIMIT_EXCEEDED"
    # The next ping that is let through shows that all were handled.
    client.send("2fence")
    client.until(lambda frame: frame == "3fence")
    answered = [frame for frame in client.frames if frame == '42/client,["pong"]']
    assert 40 <= len(answered) < 120
    assert 1 <= len(client.events("error")) <= 4


def test_typing_and_joins_have_limits_of_their_own(server, api, sockets):
    conversation = api.open()["id"]
    client = sockets.client(server, api)
    client.wait("conversation:joined")
    client.send_together([f'42/client,["conversation:join","{conversation}"]'] * 20)
    assert client.wait("error")["code"] == "RATE_LIMIT_EXCEEDED"
    # The joins that were let through are made one after the other.
    for _ in range(10):
        client.wait("conversation:joined")
    client.send("2fence")
    client.until(lambda frame: frame == "3fence")
    assert len(client.events("conversation:joined")) <= 16


def test_a_device_that_has_all_its_connections_lets_the_newest_in(module_server, sockets):
    """Those of peers that vanished stay until their ping times out, and must not lock the device out."""
    server = module_server(settings={"SocketIO": {"connections_per_device": 2}})
    api = server.api()
    admin = sockets.admin(server, api.app)
    first = [sockets.client(server, api) for _ in range(2)]
    other = sockets.client(server, api.sibling())
    third = sockets.client(server, api)
    assert third.connected["connection_id"]
    first[0].wait_closed()
    assert first[0].frames[-1] == "41/client," and first[0].close_code == 1008
    assert admin.wait("session:disconnect")["reason"] == "server namespace disconnect"
    for socket in (first[1], third, other):
        socket.fence()
    server.wait_log("made room")


def test_the_connection_that_is_silent_for_longest_makes_room(module_server, sockets):
    server = module_server(settings={"SocketIO": {
        "connections_per_device": 2, "ping_interval": "300ms", "ping_timeout": "60s"}})
    api = server.api()
    alive = sockets.client(server, api)
    deaf = sockets.client(server, api, answers_pings=False)
    wait_until(lambda: alive.frames.count("2") >= 3)
    sockets.client(server, api).fence()
    deaf.wait_closed()
    alive.fence()


def test_an_app_has_a_limited_number_of_connections(module_server, sockets):
    server = module_server(settings={"SocketIO": {"connections_per_app": 2}})
    api = server.api()
    for _ in range(2):
        sockets.client(server, api.sibling())
    refused = sockets.client(server, api, connect=False)
    refused.ask(api.auth)
    assert refused.next() == '44/client,{"message":"TOO_MANY_CONNECTIONS"}'
    assert sockets.client(server, server.api()).connected["connection_id"]
    server.wait_log("CONNECTs were refused")
    [line] = [line for line in map(json.loads, server.log_lines) if line["message"] == "CONNECTs were refused"]
    assert (line["level"], line["reason"], line["app"]) == ("warning", "connections_per_app", api.app.id)


def test_an_address_has_a_limited_number_of_connections(module_server, sockets):
    server = module_server(settings={name: {"connections_per_address": 3} for name in ("SocketIO", "LegacyWS")},
                           server={"trusted_proxies": ["127.0.0.1"]})
    api = server.api()
    one, two = ({"X-Forwarded-For": address} for address in ("192.0.2.1", "192.0.2.2"))
    opened = [sockets.client(server, api.sibling(), header=one) for _ in range(3)]
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        sockets.raw(server, header=one)
    assert refused.value.status_code == 429 and refused.value.resp_headers["retry-after"] == "30"
    assert sockets.client(server, api, header=two).connected
    # The other transport counts its own.
    for _ in range(3):
        sockets.legacy(server, api, headers=one).wait("connection.established")
    with pytest.raises(InvalidStatus) as refused:
        sockets.legacy(server, api, headers=one)
    assert refused.value.response.status_code == 429 and refused.value.response.headers["Retry-After"] == "30"

    def written():
        return [line for line in map(json.loads, server.log_lines) if line.get("reason") == "connections_per_address"]

    wait_until(lambda: len(written()) == 2)
    lines = written()
    assert {line["client"] for line in lines} == {"192.0.2.1"} and {line["level"] for line in lines} == {"warning"}
    assert "trusted_proxies" in lines[0]["hint"]
    opened[0].close()
    wait_until(lambda: opens(sockets, server, one))


def opens(sockets, server, header):
    try:
        return sockets.raw(server, header=header)
    except websocket.WebSocketBadStatusException:
        return None


def test_whoever_guesses_keys_is_closed_and_then_waits(module_server, sockets):
    """By address: a wrong key tells nothing, however many connections try."""
    limits = {"refusal_rate": 0.1, "refusal_burst": 6}
    server = module_server(settings={"SocketIO": limits, "LegacyWS": limits, "Metrics": {}},
                           server={"trusted_proxies": ["127.0.0.1"]})
    api = server.api()
    one, two = ({"X-Forwarded-For": address} for address in ("192.0.2.1", "192.0.2.2"))
    wrong = {**api.auth, "api_key": "sk_wrong"}
    guesser = sockets.client(server, api, connect=False, header=one)
    for _ in range(5):
        guesser.ask(wrong)
        assert guesser.next() == '44/client,{"message":"INVALID_CREDENTIALS"}'
    guesser.wait_closed()
    assert guesser.close_code == 1008
    second = sockets.client(server, api, connect=False, header=one)
    second.ask(wrong)
    assert second.next() == '44/client,{"message":"INVALID_CREDENTIALS"}'
    # The seventh answer has to wait, which makes the address known as one that guesses.
    second.ask(wrong)
    wait_until(lambda: opens(sockets, server, one) is None)
    assert sockets.client(server, api, header=two).connected
    page = read(server)
    assert page["replyhq_socketio_refused_total", {"reason": "invalid_credentials"}] >= 6
    assert page["replyhq_socketio_refused_total", {"reason": "refusals_per_address"}] >= 1
    assert page["replyhq_socketio_closed_total", {"cause": "refused"}] == 1
    guesses = [sockets.legacy(server, api, headers=one, api_key="sk_wrong") for _ in range(7)]
    wait_until(lambda: read(server)["replyhq_legacy_refused_total", {"code": "4403"}] == 6)
    with pytest.raises(InvalidStatus):
        for _ in range(20):
            sockets.legacy(server, api, headers=one, api_key="sk_wrong")
    assert sum(not guess.closed.is_set() for guess in guesses) == 1, "the answer of one waits"
    sockets.legacy(server, api, headers=two).wait("connection.established")


def test_a_frame_over_the_announced_size_closes_the_connection(server, api, sockets):
    client = sockets.client(server, api)
    try:
        client.send("4" + "x" * 1_000_000)
    except (websocket.WebSocketException, OSError):
        pass  # Closed while it was being written.
    client.wait_closed()
    assert client.close_code in (1009, None)
    assert sockets.client(server, api).connected


def test_a_frame_is_refused_by_its_announced_length_alone(server, sockets):
    raw = sockets.raw(server)
    raw.next()
    raw.socket.sock.sendall(b"\x81\xff" + struct.pack("!Q", 1_000_001) + os.urandom(4))
    raw.wait_closed()
    assert raw.close_code == 1009


@pytest.mark.parametrize("frame, code", [
    (b"\x81\x02hi", 1002), (b"\xc1\x80\0\0\0\0", 1002), (b"\x83\x80\0\0\0\0", 1002), (b"\x09\x80\0\0\0\0", 1002),
    (b"\x80\x80\0\0\0\0", 1002), (b"\x81\x81\0\0\0\0\xff", 1007), (b"\x88\x81\0\0\0\0x", 1002)],
    ids=["unmasked", "reserved bit", "unknown opcode", "fragmented ping", "lone continuation", "not UTF-8", "short close"])
def test_a_broken_frame_closes_with_its_code(server, sockets, frame, code):
    raw = sockets.raw(server)
    raw.next()
    raw.socket.sock.sendall(frame)
    raw.wait_closed()
    assert raw.close_code == code


def test_a_fragmented_message_is_put_together(server, api, sockets):
    client = sockets.client(server, api)
    text = b'42/client,["ping"]'

    def piece(first, payload):
        return bytes([first, 0x80 | len(payload)]) + b"\0\0\0\0" + payload

    for byte in piece(0x01, text[:5]) + piece(0x89, b"live") + piece(0x00, text[5:9]) + piece(0x80, text[9:]):
        client.socket.sock.sendall(bytes([byte]))
    client.wait("pong")


def test_a_socket_that_joins_nothing_is_closed_and_one_that_is_silent_too(module_server, sockets):
    server = module_server(settings={"SocketIO": {
        "connect_timeout": "3s", "ping_interval": "300ms", "ping_timeout": "5s"}})
    api = server.api()
    idle = sockets.raw(server)
    assert '"pingInterval":300,"pingTimeout":5000' in idle.next()
    admin = sockets.admin(server, api.app)
    deaf = sockets.client(server, api, answers_pings=False)
    alive = sockets.client(server, api)
    idle.wait_closed(20)
    deaf.wait_closed(20)
    assert deaf.frames.count("2") == 1
    assert admin.wait("session:disconnect")["reason"] == "ping timeout"
    alive.fence()
    assert alive.frames.count("2") >= 1


def test_the_stock_client_answers_pings_of_a_short_interval_and_stays(module_server, sockets):
    """"should send ping/pong packets" of the official suite. The next ping is due an interval after the pong, so that a
    busy machine makes them rarer and never more frequent."""
    server = module_server(settings={"SocketIO": {"ping_interval": "300ms", "ping_timeout": "30s"}})
    stock = sockets.stock_client(server, server.api())
    assert stock.client.eio.ping_interval == 0.3 and stock.client.eio.ping_timeout == 30
    wait_until(lambda: len(stock.pings) >= 4)
    gaps = [after - before for before, after in zip(stock.pings, stock.pings[1:])]
    assert min(gaps) >= 0.299, gaps
    stock.fence()


def test_a_close_packet_closes_the_websocket(server, api, sockets):
    client = sockets.client(server, api)
    client.send("1")
    client.wait_closed()


def test_a_reader_that_does_not_read_is_closed_and_harms_nobody(module_server, sockets):
    """A bound on what waits for one socket."""
    server = module_server(settings={"SocketIO": {"outbound_limit": 65536}})
    api = server.api()
    conversation = api.open()["id"]
    healthy = sockets.client(server, api)
    healthy.wait("conversation:joined")
    # The kernel takes some megabytes before anything has to wait in the server.
    slow = websocket.create_connection(server.websocket(), timeout=10,
                                       sockopt=((6, 10, 1024), (1, 8, 4096)))
    try:
        slow.recv()
        slow.send("40/client," + json.dumps(api.auth))
        admin = sockets.admin(server, api.app)
        # Seldom enough for the limit on events, beyond which they are dropped without an answer.
        wait_until(lambda: len(admin.call("sessions:list")["sessions"]) == 2, pause=0.2)
        sent, body = 0, "€" * 5000
        while not admin.events("session:disconnect") and sent < 1200:
            api.send(conversation, body)
            sent += 1
        admin.wait("session:disconnect", timeout=5)
        healthy.fence()
        assert len(healthy.events("message:new")) == sent
    finally:
        slow.close(timeout=0)
