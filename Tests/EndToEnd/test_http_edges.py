"""What holds for every answer, whoever gives it (http.md 1, 4, 8)."""

import http.client
import json
import re

import pytest
import requests

from support import http1
from support.api import expect_error, new_id
from support.server import MASTER_KEY

# Path, its methods, and what else is to be sent to reach the router there.
ROUTES = [("/v1/conversations", "POST"), ("/v1/conversations/c/sync", "GET"), ("/v1/conversations/c/messages", "GET, POST"),
          ("/api/v1/identify", "POST"), ("/health", "GET")]


@pytest.mark.parametrize("path, methods", ROUTES)
def test_a_wrong_method_is_a_405_that_names_the_right_ones(server, api, path, methods):
    answer = api.session.delete(server.url + path, timeout=10)
    expect_error(answer, 405, "METHOD_NOT_ALLOWED", "Method not allowed")
    allowed = set(answer.headers["Allow"].split(", "))
    assert set(methods.split(", ")) <= allowed and "DELETE" not in allowed


@pytest.mark.parametrize("path", ["/", "/nothing", "/v1", "/v1/nothing", "/api/v1/conversations/c", "/v2/conversations",
                                  "/V1/conversations", "/v1/realtimes", "/health/more"])
def test_an_unknown_path_is_a_404_as_json(server, api, path):
    assert expect_error(api.session.get(server.url + path, timeout=10), 404, "NOT_FOUND") == {
        "error": "Not found", "code": "NOT_FOUND"}


def test_a_trailing_slash_changes_nothing(server, api):
    assert api.ok(api.post("/conversations/", {}))["conversation"] == api.open()
    assert requests.get(f"{server.url}/health/", timeout=10).status_code == 200


def test_head_answers_like_get_without_a_body(server):
    get, head = (requests.request(method, f"{server.url}/livez", timeout=10) for method in ("GET", "HEAD"))
    assert head.status_code == 200 and head.content == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"] == str(len(get.content))


def test_options_names_the_methods(server, api):
    answer = api.session.options(f"{server.url}/v1/conversations", timeout=10)
    assert answer.status_code == 204 and "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("body", ["{", "{'a':1}", '{"a":1}x', "nul", '{"a":"\ud800"}'.encode("utf-8", "surrogatepass"),
                                  '"\\ud800"', b"\xff\xfe", "[" * 10_000], ids=range(8))
def test_what_is_no_json_is_a_400(api, body):
    expect_error(api.request("POST", "/conversations", data=body), 400, "INVALID_JSON", "Invalid JSON")


@pytest.mark.parametrize("body", ["[]", "null", "7", '"text"', "true"])
def test_json_that_is_no_object_is_a_400(api, body):
    expect_error(api.request("POST", "/conversations", data=body), 400, "VALIDATION_ERROR", "Invalid request body")


def test_a_body_without_a_content_type_is_read_as_json(api):
    answer = api.request("POST", "/conversations", data="{}", headers={"Content-Type": None})
    assert answer.status_code == 200


def test_a_body_over_the_limit_is_a_413_announced_or_not(server, api):
    # The server refuses before it has read everything, so that a plain client might miss the answer.
    head = (f"POST /v1/conversations HTTP/1.1\r\nHost: x\r\nX-App-Id: {api.app.id}\r\nX-Device-Id: {api.device}\r\n"
            f"X-Api-Key: {api.app.key}\r\n")
    announced = http1.exchange(server.port, f"{head}Content-Length: 102401\r\n\r\n".encode())
    chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"
    chunked = http1.exchange(server.port, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk * 25 + b"1\r\nx\r\n")
    for answer in (announced, chunked):
        status, headers, body = http1.parse(answer)
        assert status == 413 and headers["content-type"] == "application/json"
        assert json.loads(body)["code"] == "PAYLOAD_TOO_LARGE" and json.loads(body)["error"]
        assert headers["connection"].lower() == "close"


def test_a_body_at_the_limit_is_read(api):
    assert api.request("POST", "/conversations", data="{" + " " * 102_398 + "}").status_code == 200


def test_expect_continue_is_answered(server, api):
    with http1.socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(f"POST /v1/conversations HTTP/1.1\r\nHost: x\r\nX-App-Id: {api.app.id}\r\nX-Device-Id: d\r\n"
                           f"X-Api-Key: {api.app.key}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n".encode())
        assert http1.read_head(connection)[0] == 100
        connection.sendall(b"{}")
        assert http1.read_head(connection)[0] == 200


def test_many_requests_share_one_connection(server, api):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    headers = {name: value for name, value in api.session.headers.items() if name.startswith(("X-", "Content"))}
    connection.connect()
    local = connection.sock.getsockname()
    for path, status in [("/v1/conversations", 200), ("/v1/nothing", 404), ("/v1/conversations", 200), ("/v1/identify", 400)]:
        connection.request("POST", path, body="{}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
        assert connection.sock is not None and connection.sock.getsockname() == local
    connection.close()


def test_pipelined_requests_are_answered_in_order(server):
    requests_ = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = http1.exchange(server.port, requests_ + last)
    assert [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", answer)] == [200, 404, 200]


@pytest.mark.parametrize("request_bytes", [
    b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /v1/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"POST /v1/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 40_000 + b"\r\n\r\n"], ids=range(7))
def test_a_broken_request_ends_in_a_refusal_and_a_close(server, request_bytes):
    answer = http1.exchange(server.port, request_bytes)
    status, headers, body = http1.parse(answer)
    assert 400 <= status < 500
    assert json.loads(body)["error"] and json.loads(body)["code"]


# Headers of every answer

@pytest.mark.parametrize("path", ["/health", "/nothing", "/v1/conversations", "/setup/api/apps"])
def test_every_answer_carries_security_headers_and_a_request_id(server, path):
    headers = requests.get(server.url + path, timeout=10).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert re.match(r"^[A-Za-z0-9._-]{8,}$", headers["X-Request-Id"])
    assert "Origin" in headers["Vary"]
    assert "Date" in headers and "Server" not in headers and "X-Powered-By" not in headers
    assert "Strict-Transport-Security" not in headers, "only under TLS"


def test_a_sound_request_id_is_kept_and_another_is_replaced(server):
    def answered(text):
        return requests.get(f"{server.url}/livez", headers={"X-Request-Id": text}, timeout=10).headers["X-Request-Id"]

    assert answered("trace-1.a_B") == "trace-1.a_B"
    for text in ("two words", "x" * 129, "semi;colon"):
        assert answered(text) != text
    assert answered("") != answered("")


# CORS

def test_a_preflight_of_a_listed_origin_allows_what_clients_send(server):
    answer = requests.options(f"{server.url}/v1/conversations", timeout=10, headers={
        "Origin": "http://localhost:5173", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-app-id,x-device-id,x-api-key,x-sdk-version,content-type"})
    assert answer.status_code == 204 and answer.content == b""
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:5173"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    methods = answer.headers["Access-Control-Allow-Methods"].replace(" ", "").split(",")
    assert {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} <= set(methods)
    names = answer.headers["Access-Control-Allow-Headers"].lower().replace(" ", "").split(",")
    assert {"content-type", "authorization", "x-app-id", "x-device-id", "x-api-key", "x-master-api-key",
            "x-sdk-version", "x-request-id"} <= set(names)


def test_a_listed_origin_may_read_answers_and_their_limits(server, api):
    answer = api.post("/conversations", {}, headers={"Origin": "http://localhost:3000"})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    exposed = answer.headers["Access-Control-Expose-Headers"].lower()
    assert "ratelimit-remaining" in exposed and "retry-after" in exposed


@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_another_origin_is_refused_without_being_allowed_to_read_why(server, api, method):
    answer = api.request(method, "/conversations", headers={
        "Origin": "https://evil.example", "Access-Control-Request-Method": "POST"})
    expect_error(answer, 403, "CORS_REJECTED")
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" in answer.headers["Vary"]


def test_errors_are_readable_for_a_listed_origin_too(server):
    answer = requests.get(f"{server.url}/v1/x", headers={"Origin": "http://localhost:3000"}, timeout=10)
    assert answer.status_code == 400
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"


def test_a_key_in_a_url_is_of_no_use(server, api):
    query = f"?app_id={api.app.id}&device_id={api.device}&api_key={api.app.key}&master={MASTER_KEY}&x={new_id()}"
    expect_error(requests.post(f"{server.url}/v1/conversations{query}", timeout=10), 400, "MISSING_APP_ID")
