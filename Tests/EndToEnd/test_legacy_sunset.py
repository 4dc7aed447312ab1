"""The end of the legacy websocket: who still uses it, what they are told, and when they are turned away."""

import time

import pytest
import requests

from support.api import App
from support.tokens import access_token, bearer

SUNSET = {"sunset": "2037-03-01", "deprecated_since": "2026-01-01", "information_url": "https://example.com/update"}


@pytest.fixture(scope="module")
def announced(module_server):
    return module_server(settings={"LegacyWS": SUNSET})


def report(server, app, timeout=20, until=lambda lines: True):
    """The report of an app, once it says what is waited for: uses are written in batches."""
    end = time.monotonic() + timeout
    while True:
        answer = requests.get(f"{server.url}/admin/api/transports", headers=bearer(access_token(app)), timeout=10)
        assert answer.status_code == 200, answer.text
        lines = answer.json()["transports"]
        if until(lines):
            return lines
        assert time.monotonic() < end, lines
        time.sleep(0.1)


def test_the_notice_and_the_headers_reach_whoever_is_affected_and_nobody_else(announced, sockets):
    api = announced.api()
    answer = api.get("/conversations/none/messages")
    assert "Sunset" not in answer.headers
    other = api.sibling()
    client = sockets.legacy(announced, api)
    established = client.wait("connection.established")
    assert "2037-03-01" in established["notice"] and "/v1/socket.io" in established["notice"]
    assert established["sunset_at"] == "2037-03-01T00:00:00.000Z"
    answer = api.post("/conversations", {})
    assert answer.headers["Deprecation"] == "@1767225600"
    assert answer.headers["Sunset"] == "Sun, 01 Mar 2037 00:00:00 GMT"
    assert answer.headers["Link"] == '<https://example.com/update>; rel="deprecation"; type="text/html"'
    answer = other.post("/conversations", {})
    assert answer.status_code == 200 and not {"Deprecation", "Sunset", "Link"} & set(answer.headers)
    sockets.client(announced, other)
    assert "Sunset" not in other.post("/conversations", {}).headers
    # Nobody who cannot show the key learns how a device is connected.
    stranger = announced.api(App(api.app.id, "wrong"), api.device)
    answer = stranger.post("/conversations", {})
    assert answer.status_code == 403 and "Sunset" not in answer.headers


def test_without_a_date_nobody_is_told(server, api, sockets):
    client = sockets.legacy(server, api)
    assert set(client.wait("connection.established")) == {"type", "connection_id"}
    assert "Sunset" not in api.post("/conversations", {}).headers


def test_a_brownout_turns_clients_and_agents_away_with_4426_and_counts_them(own_server, sockets):
    now = time.gmtime(time.time() - 60)
    window = time.strftime("%Y-%m-%dT%H:%M:%SZ", now) + "/10m"
    server = own_server(settings={"LegacyWS": {"brownouts": [window]}})
    api = server.api()
    for peer in (sockets.legacy(server, api), sockets.legacy_admin(server, api.app)):
        refusal = peer.next()
        assert refusal["type"] == "error" and refusal["code"] == "UPGRADE_REQUIRED"
        assert "/v1/socket.io" in refusal["error"]
        assert peer.wait_closed() == 4426 and "/v1/socket.io" in peer.close_reason
    wrong = sockets.legacy(server, api, api_key="wrong")
    assert wrong.next()["code"] == "INVALID_APP_ID"
    sockets.client(server, api)
    lines = report(server, api.app, until=lambda lines: any(line["transport"] == "legacy" for line in lines))
    legacy = next(line for line in lines if line["transport"] == "legacy" and "protocol" not in line)
    assert legacy["devices"] == {"last_1_day": 1, "last_7_days": 1, "last_30_days": 1}


def test_the_report_counts_devices_once_by_transport_protocol_version_and_platform(server, api, app, sockets):
    tablet = api.sibling()
    for client in (sockets.legacy(server, api, sdk_version="0.9.1"), sockets.legacy(server, api, sdk_version="0.9.1"),
                   sockets.legacy(server, tablet, headers={"X-SDK-Version": "0.9.0", "X-Platform": "ios"})):
        client.wait("connection.established")
    sockets.client(server, api, header=["X-SDK-Version: 2.0.0", "User-Agent: okhttp/4.12.0"])
    lines = report(server, app, until=lambda lines: len(lines) == 5)
    totals = {line["transport"]: line for line in lines if "protocol" not in line}
    assert totals["legacy"]["devices"]["last_1_day"] == 2 and totals["socketio"]["devices"]["last_30_days"] == 1
    assert totals["legacy"]["weeks"] == [2, 0, 0, 0] and totals["legacy"]["trend"] == 2
    kinds = {(line["transport"], line["protocol"], line["sdk_version"], line["platform"]):
             line["devices"]["last_7_days"] for line in lines if "protocol" in line}
    assert kinds[("socketio", "socket.io/5", "2.0.0", "android")] == 1
    assert kinds[("legacy", "legacy/1", "0.9.0", "ios")] == 1
    assert sum(kinds.values()) == 3


def test_the_report_needs_the_permission_and_shows_one_app_only(server, api, app, sockets):
    sockets.legacy(server, api).wait("connection.established")
    other = server.create_app()
    assert report(server, other) == []
    answer = requests.get(f"{server.url}/admin/api/transports", headers=bearer(access_token(app, role="AGENT")),
                          timeout=10)
    assert answer.status_code == 403
    assert requests.get(f"{server.url}/admin/api/transports", timeout=10).status_code == 401


def test_uses_outlive_the_server(own_server, sockets):
    server = own_server()
    api = server.api()
    sockets.legacy(server, api).wait("connection.established")
    server.stop()
    server.start()
    assert report(server, api.app)[0]["transport"] == "legacy"
