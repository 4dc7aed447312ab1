"""What a legacy connection may cost, how it ends, and every close code (legacy-ws.md 1, 4)."""

import json
import os
import socket
import struct
import threading
import time

import pytest

from support import http1
from support.legacy import client_query
from support.metrics import read
from support.server import configuration


class Raw:
    """A websocket as bytes: nothing is answered unless a test does."""

    def __init__(self, server, api, path="/v1/realtime", receive_buffer=None):
        self.connection = socket.socket()
        if receive_buffer is not None:
            # Before it connects, as the peers then agree on a window.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.connection.settimeout(15)
        self.connection.connect(("127.0.0.1", server.port))
        self.connection.sendall(http1.upgrade_request(server.port, f"{path}?{client_query(api)}"))
        assert http1.read_head(self.connection)[0] == 101

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            chunk = self.connection.recv(count - len(data))
            if not chunk:
                return None
            data += chunk
        return data

    def frame(self):
        """(opcode, payload) of the next frame; None at the end of the stream."""
        head = self._exactly(2)
        if head is None:
            return None
        assert not head[1] & 0x80, "a server does not mask"
        length = head[1] & 0x7F
        if length >= 126:
            length = int.from_bytes(self._exactly(2 if length == 126 else 8), "big")
        return head[0] & 0x0F, self._exactly(length)

    def until(self, opcode, text=b""):
        while True:
            frame = self.frame()
            assert frame is not None, "the connection ended"
            if frame[0] == opcode and text in frame[1]:
                return frame[1]

    def close_code(self):
        return struct.unpack("!H", self.until(8)[:2])[0]

    def send(self, data):
        self.connection.sendall(data)

    def close(self):
        self.connection.close()


@pytest.fixture
def raw():
    opened = []

    def make(*arguments, **options):
        opened.append(Raw(*arguments, **options))
        return opened[-1]

    yield make
    for connection in opened:
        connection.close()


def masked(first, payload, mask=b"\x01\x02\x03\x04"):
    body = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    if len(payload) < 126:
        return bytes([first, 0x80 | len(payload)]) + mask + body
    return bytes([first, 0xFE]) + struct.pack("!H", len(payload)) + mask + body


@pytest.mark.parametrize("frame, code", [
    (b"\x81\x02hi", 1002), (b"\xc1\x80\0\0\0\0", 1002), (b"\xa1\x80\0\0\0\0", 1002), (b"\x91\x80\0\0\0\0", 1002),
    (b"\x83\x80\0\0\0\0", 1002), (b"\x09\x80\0\0\0\0", 1002), (b"\x89\xfe\0\x7e", 1002),
    (b"\x80\x80\0\0\0\0", 1002), (b"\x81\x81\0\0\0\0\xff", 1007), (b"\x88\x81\0\0\0\0x", 1002),
    (b"\x88\x82\0\0\0\0\x03\xed", 1002), (b"\x81\xff" + struct.pack("!Q", 65_537) + os.urandom(4), 1009),
    (b"\x01\x81\0\0\0\0a" + b"\x81\x81\0\0\0\0b", 1002)],
    ids=["unmasked", "RSV1", "RSV2", "RSV3", "unknown opcode", "fragmented ping", "long ping", "lone continuation",
         "not UTF-8", "short close", "close 1005", "too long", "text inside a message"])
def test_a_broken_frame_closes_with_its_code(server, api, raw, frame, code):
    peer = raw(server, api)
    peer.until(1, b"connection.established")
    peer.send(frame)
    assert peer.close_code() == code
    peer.send(masked(0x88, struct.pack("!H", code)))
    assert peer.frame() is None


def test_a_fragmented_message_is_put_together_whatever_comes_between(server, api, raw):
    peer = raw(server, api)
    text = b'{"type":"ping"}'
    stream = masked(0x01, text[:4]) + masked(0x89, b"live") + masked(0x00, text[4:9]) + masked(0x80, text[9:])
    for byte in stream:
        peer.send(bytes([byte]))
    assert peer.until(10) == b"live"
    peer.until(1, b'{"type":"pong"}')


def test_a_message_over_the_limit_in_fragments_is_refused(server, api, raw):
    peer = raw(server, api)
    peer.send(masked(0x01, b" " * 60_000))
    peer.send(masked(0x00, b" " * 60_000))
    assert peer.close_code() == 1009


def test_a_clean_close_is_answered_and_the_server_ends_the_connection(server, api, raw):
    peer = raw(server, api)
    peer.until(1, b"connection.established")
    peer.send(masked(0x88, struct.pack("!H", 4321) + b"bye"))
    assert peer.close_code() == 4321
    assert peer.frame() is None


def test_a_peer_that_closes_its_side_is_gone(server, api, app, raw, sockets):
    admin = sockets.admin(server, app)
    peer = raw(server, api)
    peer.until(1, b"connection.established")
    admin.wait("session:connect")
    peer.connection.shutdown(socket.SHUT_WR)
    admin.wait("session:disconnect")


def test_whoever_leaves_a_ping_unanswered_is_cut_off_without_a_close_frame(module_server, raw, sockets):
    server = module_server(settings={"LegacyWS": {"ping_interval": "2s"}})
    api = server.api()
    admin = sockets.admin(server, api.app)
    alive = sockets.legacy(server, api)
    peer = raw(server, api.sibling())
    connection = json.loads(peer.until(1, b"connection.established"))["connection_id"]
    assert peer.until(9) == b""
    peer.send(masked(0x8A, b""))
    assert peer.until(9) == b""
    assert peer.frame() is None
    assert admin.wait("session:disconnect", connection_id=connection)["reason"] == "ping timeout"
    alive.fence()


def test_silence_is_ended_with_4408_for_clients_and_agents(module_server, raw, sockets):
    server = module_server(settings={"LegacyWS": {"ping_interval": "0s", "stale_after": "5s"}})
    api = server.api()
    client, agent = sockets.legacy(server, api), sockets.legacy_admin(server, api.app)
    lively = sockets.legacy(server, api)
    ended = threading.Event()

    def ping():
        while not ended.wait(0.2):
            lively.send("ping")

    pinger = threading.Thread(target=ping, daemon=True)
    pinger.start()
    try:
        for silent in (client, agent):
            assert silent.wait("error", timeout=20) == {"type": "error", "error": "Connection timed out",
                                                        "code": "CONNECTION_TIMEOUT"}
            assert silent.wait_closed() == 4408 and silent.close_reason == "Connection timeout"
        assert not lively.closed.is_set()
    finally:
        ended.set()
        pinger.join(5)


def test_a_reader_that_does_not_read_is_closed_with_4429_and_harms_nobody(module_server, raw, sockets):
    server = module_server(settings={"LegacyWS": {"outbound_limit": 65536, "ping_interval": "0s"}, "Metrics": {}})
    api = server.api()
    conversation = api.open()["id"]
    healthy = sockets.legacy(server, api)
    healthy.wait("subscribed")
    # The kernel takes some megabytes before anything has to wait in the server.
    slow = raw(server, api, receive_buffer=4096)
    slow.until(1, b"subscribed")
    body, sent = "€" * 5000, 0
    # Its last words wait for ten seconds: they are read as soon as it is given up.
    while sent % 20 or not read(server)["replyhq_legacy_closed_total", {"code": "4429"}]:
        assert sent < 2_000
        api.send(conversation, body)
        sent += 1
    messages = 0
    while True:
        opcode, payload = slow.frame()
        if opcode == 8:
            break
        assert json.loads(payload)["type"] == "message.new"
        messages += 1
    assert struct.unpack("!H", payload[:2])[0] == 4429 and payload[2:] == b"Backpressure exceeded"
    assert 0 < messages < sent
    healthy.fence()
    while len(healthy.messages("message.new")) < sent:
        healthy.wait("message.new")


def test_too_many_messages_are_dropped_with_one_complaint_and_the_rest_goes_on(server, api, sockets):
    client = sockets.legacy(server, api)
    client.wait("connection.established")
    # In one piece, so that no time passes between them in the server.
    client.socket.socket.sendall(masked(0x81, b'{"type":"ping"}') * 120)
    assert client.wait("error") == {"type": "error", "error": "Too many events", "code": "RATE_LIMIT_EXCEEDED"}
    client.socket.ping().wait(10)
    assert 40 <= len(client.messages("pong")) < 120
    assert 1 <= len(client.messages("error")) <= 4


def test_a_device_and_an_app_have_a_limited_number_of_connections(module_server, sockets):
    server = module_server(settings={"LegacyWS": {"connections_per_device": 2, "connections_per_app": 3}})
    api = server.api()
    first = []
    # One after the other: who came first is decided when a connection is let in.
    for _ in range(2):
        first.append(sockets.legacy(server, api))
        first[-1].wait("connection.established")
    # Those of peers that vanished stay for a while, and must not lock the device out.
    third = sockets.legacy(server, api)
    third.wait("connection.established")
    assert first[0].wait("error")["code"] == "TOO_MANY_CONNECTIONS"
    assert first[0].wait_closed() == 1008
    sockets.legacy(server, api.sibling()).wait("connection.established")
    refused = sockets.legacy(server, api.sibling())
    assert refused.wait("error")["code"] == "TOO_MANY_CONNECTIONS" and refused.wait_closed() == 1008
    server.wait_log("Peers were not let in")
    sockets.legacy(server, server.api()).wait("connection.established")
    admin = sockets.admin(server, api.app)
    third.close()
    admin.wait("session:disconnect")
    sockets.legacy(server, api).wait("connection.established")


def test_a_stopping_server_says_so_to_clients_and_agents(own_server, sockets):
    server = own_server()
    api = server.api()
    client, agent = sockets.legacy(server, api), sockets.legacy_admin(server, api.app)
    for peer in (client, agent):
        peer.wait("connection.established")
    server.stop()
    for peer in (client, agent):
        assert peer.wait("server.going_away") == {
            "type": "server.going_away", "message": "Server is shutting down"}
        assert peer.wait_closed() == 1001 and peer.close_reason == "Server shutdown"


def test_many_connections_are_closed_over_the_window(own_server, sockets):
    server = own_server(settings={"LegacyWS": {"drain_window": "6s", "connections_per_device": 0}},
                        shutdown={"deadline": "15s"})
    api = server.api()
    clients = [sockets.legacy(server, api) for _ in range(20)]
    for client in clients:
        client.wait("connection.established")
    ended = []
    for client in clients:
        threading.Thread(target=lambda client=client: (client.closed.wait(20), ended.append(time.monotonic())),
                         daemon=True).start()
    server.stop()
    for client in clients:
        assert client.wait_closed() == 1001
    end = time.monotonic() + 5
    while len(ended) < len(clients) and time.monotonic() < end:
        threading.Event().wait(0.01)
    assert len(ended) == len(clients) and 1 < max(ended) - min(ended) < 15


def test_a_store_that_is_away_is_told_with_1013(own_server, sockets, postgres):
    url = postgres.url(postgres.create_database())
    config = configuration()
    config["plugins"][0] = {"name": "Postgres", "settings": {"url": url}}
    server = own_server(config)
    api = server.api()
    sockets.legacy(server, api).wait("connection.established")
    postgres.stop()
    try:
        client = sockets.legacy(server, api)
        assert client.wait("error", timeout=40)["code"] == "SERVICE_UNAVAILABLE"
        assert client.wait_closed() == 1013
    finally:
        postgres.start()
