"""Seeded garbage on every wire: the server stays, answers, and keeps nothing."""

import os
import random
import socket
import struct
import time

import requests

from support import http1
from support.sockets import Namespace
from support.waiting import wait_until

SECONDS = 8
CORPUS = [b"40/client,{}", b'42/client,1["conversation:join",{"conversation_id":"x"}]', b'42/client,["ping"]', b"2", b"3",
          b"1", b'451-/client,["x",{"_placeholder":true,"num":0}]', b'40/admin,{"app_id":"a","admin_token":"b.c.d"}',
          b"41/client,", b"43/client,1[]", b"44/client,{}", b"0{}", b"5", b"6", b"4" + b"[" * 500,
          b'42/client,["message:send",{"body":"\\ud83d"}]', b"42" + b"9" * 400, b"40/" + b"n" * 3000]
HTTP = [b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /v1/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
        b"POST /v1/conversations HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET " + b"/" * 9000 + b" HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /v1/conversations/%ff%00/messages?limit=%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nOrigin: null\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"]


def mutated(chance, data):
    data = bytearray(data)
    for _ in range(chance.randint(0, 4)):
        kind, place = chance.randrange(4), chance.randint(0, len(data))
        if kind == 0:
            data[place:place] = chance.randbytes(chance.randint(1, 8))
        elif kind == 1:
            del data[place:place + chance.randint(1, 8)]
        elif kind == 2 and data:
            data[place % len(data)] ^= 1 << chance.randrange(8)
        else:
            data[place:place] = data[:chance.randint(0, 32)]
    return bytes(data)


def frame(chance, payload):
    """A websocket frame, mostly sound."""
    first = chance.choice([0x81] * 8 + [0x82, 0x01, 0x80, 0x88, 0x89, 0x8A, chance.randrange(256)])
    mask = chance.randbytes(4)
    length = len(payload) if chance.random() < 0.95 else chance.getrandbits(chance.choice([7, 16, 63]))
    if length < 126:
        head = bytes([first, 0x80 | length])
    elif length < 65536:
        head = bytes([first, 0xFE]) + struct.pack("!H", length)
    else:
        head = bytes([first, 0xFF]) + struct.pack("!Q", length)
    if chance.random() < 0.03:
        head = bytes([head[0], head[1] & 0x7F]) + head[2:]
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def poke(port, data):
    """Sends bytes and reads whatever comes, for a moment."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(0.2)
            while connection.recv(65536):
                pass
        except OSError:  # Closed, reset, or silent: all are fine for garbage.
            pass


def descriptors(server):
    return len(os.listdir(f"/proc/{server.pid}/fd"))


def test_garbage_neither_stops_the_server_nor_stays_in_it(own_server, sockets):
    server = own_server(server={"request_timeout": "2s", "idle_timeout": "2s"})
    api = server.api()
    conversation = api.open()["id"]
    witness = sockets.client(server, api)
    witness.wait("conversation:joined")
    requests.get(f"{server.url}/livez", timeout=10)
    before = descriptors(server)
    chance = random.Random(4711)
    upgrade = http1.upgrade_request(server.port, "/v1/socket.io/?EIO=4&transport=websocket")
    connect = Namespace.packet("/client", api.auth).encode()

    deadline, count = time.monotonic() + SECONDS, 0
    while time.monotonic() < deadline and count < 400:
        count += 1
        kind = chance.random()
        if kind < 0.55:
            packets = [mutated(chance, chance.choice(CORPUS)) for _ in range(chance.randint(1, 12))]
            if chance.random() < 0.5:
                packets.insert(0, connect)
            data = upgrade + b"".join(frame(chance, packet) for packet in packets)
        elif kind < 0.65:
            data = upgrade + chance.randbytes(chance.randint(1, 3000))
        elif kind < 0.75:
            data = mutated(chance, upgrade)
        elif kind < 0.9:
            data = b"".join(mutated(chance, chance.choice(HTTP)) for _ in range(chance.randint(1, 3)))
        else:
            data = chance.randbytes(chance.randint(1, 5000))
        poke(server.port, data)

    assert count >= 100
    assert server.is_running
    assert requests.get(f"{server.url}/livez", timeout=10).status_code == 200
    # Over another connection: the first was silent for longer than the timeouts above.
    message = api.copy().send(conversation, "Still here")
    assert witness.wait("message:new") == message
    admin = sockets.admin(server, api.app)
    # Connections that end are let go of soon, at the latest by the timeouts above.
    wait_until(lambda: descriptors(server) <= before + 2, lambda: descriptors(server), timeout=20)
    # Seldom enough for the limit on events, beyond which they are dropped without an answer.
    wait_until(lambda: len(admin.call("sessions:list")["sessions"]) == 1, pause=0.2)
