"""Who may speak on /v1: the three headers, their order, and the key (http.md 2, 3)."""

import pytest
import requests

from support.api import App, expect_error
from support.http1 import exchange, parse

HEADERS = {"X-App-Id": ("MISSING_APP_ID", "X-App-Id header is required"),
           "X-Device-Id": ("MISSING_DEVICE_ID", "X-Device-Id header is required"),
           "X-Api-Key": ("MISSING_API_KEY", "X-Api-Key header is required")}


@pytest.mark.parametrize("prefix", ["/v1", "/api/v1"])
@pytest.mark.parametrize("missing", HEADERS)
@pytest.mark.parametrize("value", [None, ""])
def test_each_missing_or_empty_header_has_its_own_error(server, api, prefix, missing, value):
    headers = dict(api.session.headers, **{missing: value})
    answer = requests.post(f"{server.url}{prefix}/conversations", headers=headers, json={}, timeout=10)
    code, message = HEADERS[missing]
    assert expect_error(answer, 400, code) == {
        "error": "Missing required header", "code": code, "message": message}


def test_missing_headers_are_reported_in_the_contracts_order(server):
    url = f"{server.url}/v1/conversations"
    expect_error(requests.post(url, timeout=10), 400, "MISSING_APP_ID")
    expect_error(requests.post(url, headers={"X-App-Id": "a"}, timeout=10), 400, "MISSING_DEVICE_ID")
    expect_error(requests.post(url, headers={"X-App-Id": "a", "X-Device-Id": "d"}, timeout=10), 400, "MISSING_API_KEY")


def test_header_names_may_be_in_any_case(server, api):
    headers = {"x-app-id": api.app.id, "X-DEVICE-ID": api.device, "x-API-key": api.app.key}
    answer = requests.post(f"{server.url}/v1/conversations", headers=headers, json={}, timeout=10)
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/conversations", "/no/such/path"])
def test_an_unknown_app_and_a_wrong_key_look_alike(server, api, path):
    refusal = {"error": "Invalid app_id", "code": "INVALID_APP_ID",
               "message": "The provided X-App-Id or X-Api-Key is not valid"}
    for app in (App(api.app.id, "wrong"), App("no-such-app", api.app.key), App(api.app.id, api.app.key + "x")):
        assert expect_error(server.api(app).post(path, {}), 403, "INVALID_APP_ID") == refusal


def test_the_key_of_one_app_does_not_open_another(server, api):
    other = server.create_app()
    expect_error(server.api(App(other.id, api.app.key)).post("/conversations", {}), 403, "INVALID_APP_ID")


def test_an_unknown_path_is_a_404_only_after_the_key_was_checked(server, api):
    expect_error(requests.get(f"{server.url}/v1/nothing", timeout=10), 400, "MISSING_APP_ID")
    assert expect_error(api.get("/nothing"), 404, "NOT_FOUND") == {"error": "Not found", "code": "NOT_FOUND"}


@pytest.mark.parametrize("length, status", [(255, 200), (256, 400)])
def test_a_device_id_has_at_most_255_bytes(server, api, length, status):
    answer = api.sibling("d" * length).post("/conversations", {})
    assert answer.status_code == status
    if status == 400:
        expect_error(answer, 400, "INVALID_DEVICE_ID")


def test_a_device_id_has_no_control_characters(server, api):
    request = (f"POST /v1/conversations HTTP/1.1\r\nHost: x\r\nX-App-Id: {api.app.id}\r\nX-Device-Id: a\x01b\r\n"
               f"X-Api-Key: {api.app.key}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}")
    status, _, _ = parse(exchange(server.port, request.encode()))
    assert status == 400


def test_an_upgrade_header_does_not_pass_the_check(server):
    """D-21: whoever claims to want another protocol is still asked who it is."""
    request = b"POST /v1/conversations HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n"
    status, _, body = parse(exchange(server.port, request.replace(b"Connection: Upgrade", b"Connection: Upgrade, close")))
    assert status == 400
    assert b"MISSING_APP_ID" in body


def test_conversations_of_other_apps_and_devices_look_as_if_they_did_not_exist(server, api):
    own = api.open()["id"]
    stranger = server.api(device=api.device)
    refusal = {"error": "Conversation not found", "code": "CONVERSATION_NOT_FOUND"}
    draft = {"local_id": "5b1f7d52-31c9-4b0e-8a51-0a6f4b6c9d10", "body": "Hi"}
    for other in (stranger, api.sibling()):
        for conversation in (own, "conv_000000000000"):
            path = f"/conversations/{conversation}"
            assert expect_error(other.post(f"{path}/messages", draft), 404, "CONVERSATION_NOT_FOUND") == refusal
            expect_error(other.get(f"{path}/messages"), 404, "CONVERSATION_NOT_FOUND")
            expect_error(other.get(f"{path}/sync"), 404, "CONVERSATION_NOT_FOUND")
            expect_error(other.post(f"{path}/messages/read", {}), 404, "CONVERSATION_NOT_FOUND")
            expect_error(other.post(f"{path}/messages/delivered", {"message_ids": ["msg_1"]}), 404,
                         "CONVERSATION_NOT_FOUND")
            expect_error(other.post(f"{path}/messages/status", {"message_id": "msg_1", "status": "READ"}), 404,
                         "CONVERSATION_NOT_FOUND")
