"""Bytes of requests that two readers could take for different things, and answers that are not for everybody."""

import gzip
import json
import socket

import pytest
import requests

from support import http1
from support.api import expect_error
from support.legacy import client_query
from support.server import MASTER_KEY


def ask(server, api, device, method="POST", path="/v1/conversations", body=b"{}"):
    """A request whose device id is bytes: (status, JSON)."""
    head = (f"{method} {path} HTTP/1.1\r\nHost: x\r\nX-App-Id: {api.app.id}\r\nX-Api-Key: {api.app.key}\r\n"
            f"Connection: close\r\nContent-Length: {len(body)}\r\nX-Device-Id: ").encode()
    status, _, answer = http1.parse(http1.exchange(server.port, head + device + b"\r\n\r\n" + body))
    return status, json.loads(answer)


@pytest.mark.parametrize("device", [b"ger\xe4t", b"\xff", b"\xc3", b"\xed\xa0\x80", b"a\xc0\x80", "\ufffd".encode()])
def test_a_device_id_that_is_no_utf_8_is_refused_rather_than_mended(server, api, device):
    status, body = ask(server, api, device)
    assert status == 400 and body["code"] == "INVALID_DEVICE_ID"


def test_a_device_id_may_be_any_text(server, api):
    ids = {ask(server, api, device.encode())[1]["conversation"]["id"] for device in ("gerät", "geröt", "gera\u0308t", "装置")}
    assert len(ids) == 4


@pytest.mark.parametrize("name", ["X-App-Id", "X-Api-Key"])
def test_an_app_or_a_key_that_is_no_utf_8_is_nobodys(server, api, name):
    fields = {"X-App-Id": api.app.id, "X-Api-Key": api.app.key, "X-Device-Id": "d"}
    lines = b"".join(f"{key}: {value}".encode() + (b"\xe4" if key == name else b"") + b"\r\n" for key, value in fields.items())
    head = b"POST /v1/conversations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n"
    status, _, body = http1.parse(http1.exchange(server.port, head + lines + b"\r\n{}"))
    assert (status, json.loads(body)["code"]) in [(400, "INVALID_APP_ID"), (403, "INVALID_APP_ID")]


@pytest.mark.parametrize("target", [b"/v1/conversations/ger\xe4t/messages", b"/livez?q=ger\xe4t"])
def test_a_target_that_is_no_utf_8_is_a_400(server, target):
    answer = http1.exchange(server.port, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert http1.parse(answer)[0] == 400


@pytest.mark.parametrize("code", ["%E4", "%FF", "%C3", "%ED%A0%80", "%00"])
def test_escapes_that_are_no_text_are_refused_in_paths_and_queries(server, api, code):
    conversation = api.open()["id"]
    assert api.get(f"/conversations/{conversation}{code}/messages").status_code == 404
    expect_error(api.get(f"/conversations/{conversation}/messages?limit=1&x={code}"), 400, "VALIDATION_ERROR")
    # Refused as if it were not there: kept as it is, or mended, it would be another device's.
    query = client_query(api, device_id=None) + f"&device_id=ger{code}t"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(http1.upgrade_request(server.port, f"/v1/realtime?{query}"))
        assert http1.read_head(connection)[0] == 101
        heard = connection.recv(4096)
        assert b"connected" not in heard


def test_a_byte_order_mark_before_a_body_is_ignored(api):
    assert api.request("POST", "/conversations", data=b"\xef\xbb\xbf{}").status_code == 200
    for body in (b"\xef\xbb\xbf\xef\xbb\xbf{}", b"\xef\xbb\xbf", b"{}\xef\xbb\xbf", "{}".encode("utf-16")):
        expect_error(api.request("POST", "/conversations", data=body), 400, "INVALID_JSON")


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "gzip, identity", "x"])
def test_an_encoded_body_is_a_415_that_says_what_is_taken(api, coding):
    answer = api.request("POST", "/conversations", data=gzip.compress(b"{}"), headers={"Content-Encoding": coding})
    expect_error(answer, 415, "UNSUPPORTED_CONTENT_ENCODING")
    assert answer.headers["Accept-Encoding"] == "identity" and answer.headers["X-Request-Id"]
    plain = api.request("POST", "/conversations", data=b"{}", headers={"Content-Encoding": "identity"})
    assert plain.status_code == 200


def test_repeated_slashes_are_one_on_every_kind_of_path(server, api):
    assert requests.get(f"{server.url}//livez", timeout=10).status_code == 200
    assert requests.get(f"{server.url}//v1//conversations", timeout=10).json()["code"] == "MISSING_APP_ID"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(http1.upgrade_request(server.port, "//v1//socket.io//?EIO=4&transport=websocket"))
        assert http1.read_head(connection)[0] == 101


@pytest.mark.parametrize("offered, chosen", [("chat", "chat"), ("chat, superchat", "chat"), (" a ,b", "a"), (None, None),
                                             ("", None), ("a b", None), ("\"a\"", None)])
def test_the_first_subprotocol_that_is_offered_is_chosen(server, offered, chosen):
    extra = "" if offered is None else f"Sec-WebSocket-Protocol: {offered}\r\n"
    for path in ("/v1/socket.io/?EIO=4&transport=websocket", "/v1/realtime"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(http1.upgrade_request(server.port, path, extra=extra))
            status, headers, _ = http1.read_head(connection)
            assert status == 101 and headers.get("sec-websocket-protocol") == chosen


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_handshake_by_another_method_is_refused_by_its_code(server, method):
    path = f"{server.url}/v1/socket.io/?EIO=4&transport="
    answer = requests.request(method, path + "websocket", timeout=10)
    assert answer.status_code == 400 and answer.json() == {"code": 2, "message": "Bad handshake method"}
    assert requests.request(method, path + "polling", timeout=10).json()["code"] == 0


def test_answers_that_are_not_for_everybody_are_kept_by_no_cache(server, api):
    conversation = api.open()["id"]
    setup = {"X-Master-API-Key": MASTER_KEY}
    answers = [api.post("/conversations", {}), api.get(f"/conversations/{conversation}/messages"),
               api.get("/conversations/none/messages"), api.get("/nothing"), requests.get(f"{server.url}/v1/sync", timeout=10),
               requests.get(f"{server.url}/admin/api/conversations", timeout=10),
               requests.get(f"{server.url}/setup/api/apps", headers=setup, timeout=10)]
    assert [answer.headers.get("Cache-Control") for answer in answers] == ["no-store"] * len(answers)
    assert all(answer.headers["X-Request-Id"] for answer in answers)


def test_a_request_has_one_id_under_one_name(own_server):
    server = own_server(log={"level": "debug"})
    api = server.api()
    answer = api.request("POST", "/conversations", data="{}", headers={"X-Request-Id": "one.id-1"})
    assert answer.status_code == 200 and answer.headers["X-Request-Id"] == "one.id-1"
    server.wait_log("one.id-1")
    lines = [json.loads(line) for line in server.log_lines if "one.id-1" in line]
    assert lines and all(line.get("request_id") == "one.id-1" for line in lines)


def test_any_origin_may_call_without_credentials_and_a_listed_one_with_them(own_server):
    server = own_server(server={"cors_origins": ["*"]})
    answer = requests.get(f"{server.url}/livez", headers={"Origin": "https://evil.example"}, timeout=10)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_star_in_an_origin_is_every_name_under_it(own_server):
    server = own_server(variables={"ALLOWED_ORIGINS": "https://*.example.com"})

    def call(origin):
        return requests.get(f"{server.url}/livez", headers={"Origin": origin}, timeout=10)

    for origin in ("https://a.example.com", "https://a.b.example.com"):
        answer = call(origin)
        assert answer.status_code == 200 and answer.headers["Access-Control-Allow-Origin"] == origin
        assert answer.headers["Access-Control-Allow-Credentials"] == "true" and answer.headers["Vary"] == "Origin"
    for origin in ("https://example.com", "http://a.example.com", "https://a.example.com.evil.net", "https://aexample.com"):
        answer = call(origin)
        assert answer.status_code == 403 and "Access-Control-Allow-Origin" not in answer.headers
    refused = server.command("check", ALLOWED_ORIGINS="https://*")
    assert refused.returncode != 0 and "https://*.example.com" in refused.stderr + refused.stdout
