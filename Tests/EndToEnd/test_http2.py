"""HTTP/2: the limits and times of HTTP/1.1 hold for each stream and for the connection."""

import json
import ssl
import time

import h2.config
import h2.connection
import h2.events
import pytest

from support.api import new_id
from support.http2 import CONTINUATION, DATA, HEADERS, PREFACE, SETTINGS, Http2, frame

LIMIT = 16_384


@pytest.fixture(scope="module")
def hasty(module_server, certificate):
    """A server that waits for nothing longer than two seconds."""
    paths = {"certificate": str(certificate[0]), "private_key": str(certificate[1])}
    return module_server(server={"tls": paths, "idle_timeout": "2s", "request_timeout": "2s", "max_header_bytes": LIMIT})


@pytest.fixture(scope="module")
def page(hasty, certificate):
    """The path of a page as large as a page can be, and the fields to ask for it."""
    made = json.loads(hasty.command("apps", "create", "Pages", "--json").stdout)
    fields = [("X-App-Id", made["id"]), ("X-Device-Id", "reader"), ("X-Api-Key", made["api_key"]),
              ("Content-Type", "application/json")]
    with Http2(hasty, certificate) as connection:
        connection.request(1, "POST", "/v1/conversations", fields, ends=False)
        connection.send(DATA, 1, 1, b"{}")
        conversation = json.loads(connection.answer(1)[2])["conversation"]["id"]
        for stream in range(3, 203, 2):
            connection.request(stream, "POST", f"/v1/conversations/{conversation}/messages", fields, ends=False)
            draft = {"local_id": new_id(), "body": "€" * 5000, "device_context": None}
            body = json.dumps(draft, ensure_ascii=False).encode()
            connection.send(DATA, 0, stream, body[:10_000])
            connection.send(DATA, 1, stream, body[10_000:])
            assert connection.answer(stream)[0] == 200
            connection.open_window(20_000, 0)
    return f"/v1/conversations/{conversation}/messages?limit=200", fields[:3]


def resident_kilobytes(server):
    with open(f"/proc/{server.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def ends_within(connection, least, most):
    began = time.monotonic()
    connection.read_to_end()
    took = time.monotonic() - began
    assert least <= took < most, f"the connection ended after {took} s"


@pytest.mark.parametrize("asks", [True, False])
def test_an_idle_connection_is_ended_with_goaway(hasty, certificate, asks):
    context = ssl.create_default_context(cafile=certificate[0])
    context.set_alpn_protocols(["h2"])
    with Http2(hasty, certificate) as raw:
        client = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        client.initiate_connection()
        # Http2 has sent the preface.
        client.clear_outbound_data_buffer()
        events = []
        if asks:
            raw.request(1, "GET", "/livez")
        while data := raw.socket.recv(65_536):
            if not asks:
                events += client.receive_data(data)
        if not asks:
            [goodbye] = [event for event in events if isinstance(event, h2.events.ConnectionTerminated)]
            assert goodbye.error_code == 0


def test_an_idle_connection_is_ended_after_its_time(hasty, certificate):
    with Http2(hasty, certificate) as connection:
        connection.request(1, "GET", "/livez")
        assert connection.answer(1)[0] == 200
        ends_within(connection, 1.5, 10)
        assert connection.goaway == (1, 0)


@pytest.mark.parametrize("start", [b"", PREFACE[:10], frame(HEADERS, 0, 1), frame(DATA, 0, 1, b"x" * 100)[:50]])
def test_a_start_that_is_not_finished_ends_the_connection(hasty, certificate, start):
    with Http2(hasty, certificate) as connection:
        connection.socket.sendall(start)
        ends_within(connection, 0, 10)


def test_a_header_block_that_is_not_finished_ends_the_connection_whatever_was_served_before(hasty, certificate):
    with Http2(hasty, certificate) as connection:
        connection.request(1, "GET", "/livez")
        assert connection.answer(1)[0] == 200
        connection.send(HEADERS, 1, 3, connection.head("GET", "/livez"))
        connection.send(CONTINUATION, 0, 3)
        ends_within(connection, 1.5, 10)


@pytest.mark.parametrize("drips", [False, True])
def test_a_body_that_does_not_come_is_408_and_the_connection_stays(hasty, certificate, drips):
    with Http2(hasty, certificate) as connection:
        connection.request(1, "POST", "/v1/conversations", ends=False)
        if drips:
            connection.socket.settimeout(0.2)
            while 1 not in connection.answers:
                try:
                    connection.read()
                except TimeoutError:
                    connection.send(DATA, 0, 1, b" ")
            connection.socket.settimeout(20)
        status, _, body = connection.answer(1)
        assert status == 408 and json.loads(body)["code"] == "REQUEST_TIMEOUT"
        connection.request(3, "GET", "/livez")
        assert connection.answer(3)[0] == 200


@pytest.mark.parametrize("size", [LIMIT, 3 * LIMIT, 7 * LIMIT])
@pytest.mark.parametrize("waits", [False, True])
def test_a_header_that_is_too_large_is_431_on_its_stream_alone(hasty, certificate, size, waits):
    """Also before the client has seen how much the server takes."""
    with Http2(hasty, certificate) as connection:
        if waits:
            connection.request(1, "GET", "/livez")
            assert connection.answer(1)[0] == 200
        connection.request(3, "GET", "/livez", [("x-large", "x" * size)])
        connection.request(5, "GET", "/livez", [("x-large", "x" * (LIMIT - 100))])
        status, fields, body = connection.answer(3)
        assert status == 431 and json.loads(body)["code"] == "HEADERS_TOO_LARGE" and fields["x-request-id"]
        assert connection.answer(5)[0] == 200
        connection.request(7, "GET", "/livez", [(f"x-{number}", "x") for number in range(200)])
        assert connection.answer(7)[0] == 431
        connection.request(9, "GET", "/livez")
        assert connection.answer(9)[0] == 200


def test_a_block_beyond_all_measure_ends_the_connection(hasty, certificate):
    with Http2(hasty, certificate) as connection:
        connection.request(1, "GET", "/livez")
        assert connection.answer(1)[0] == 200
        try:
            connection.request(3, "GET", "/livez", [("x-large", "x" * (20 * LIMIT))])
        except OSError:
            pass
        connection.read_to_end()
        assert 3 not in connection.answers


def test_answers_that_nobody_takes_are_bounded_and_end(hasty, certificate, page):
    path, fields = page
    with Http2(hasty, certificate) as connection:
        connection.request(1, "GET", path, fields)
        while not connection.answers.get(1, {}).get("ended"):
            connection.read()
            connection.open_window(65_536, 0)
            if not connection.answers.get(1, {}).get("ended"):
                connection.open_window(65_536, 1)
        assert json.loads(connection.answers[1]["body"])["has_more"] is True
        assert len(connection.answers[1]["body"]) > 1_000_000
    before = resident_kilobytes(hasty)
    with Http2(hasty, certificate, window=0) as connection:
        for stream in range(1, 200, 2):
            connection.request(stream, "GET", path, fields)
        most, began = 0, time.monotonic()
        while connection.read() is not None:
            most = max(most, resident_kilobytes(hasty) - before)
        assert time.monotonic() - began < 15
        assert not any(answer.get("body") for answer in connection.answers.values())
    # A hundred such pages are 100 MB, and more while they are written.
    assert most < 60_000, f"{most} kB for one connection"


def test_an_answer_that_is_taken_slowly_arrives_whole(hasty, certificate, page):
    path, fields = page
    with Http2(hasty, certificate, window=1_000) as connection:
        connection.request(1, "GET", path, fields)
        connection.request(3, "GET", path, fields)
        while not all(connection.answers.get(stream, {}).get("ended") for stream in (1, 3)):
            kind, stream = connection.read()
            if kind == DATA:
                connection.open_window(30_000, 0)
                for stream, answer in connection.answers.items():
                    if not answer["ended"]:
                        connection.open_window(30_000, stream)
        assert connection.answers[1]["body"] == connection.answers[3]["body"]
        assert len(json.loads(connection.answers[1]["body"])["messages"]) > 60


def test_settings_are_acknowledged_and_may_be_sent_again(hasty, certificate):
    with Http2(hasty, certificate) as connection:
        connection.request(1, "GET", "/livez")
        assert connection.answer(1)[0] == 200
        connection.send(SETTINGS, 0, 0)
        connection.request(3, "GET", "/livez")
        assert connection.answer(3)[0] == 200
