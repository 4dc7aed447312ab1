"""replyhq legacy: the report, and turning the old websocket off on a live server."""

import json
import time

import pytest
import requests

from support.server import configuration

RETIRED = [{"path": "/v1/realtime", "replacement": "/v1/socket.io"}]


def report(server, until=lambda parts: True, timeout=20):
    """The report, once it says what is waited for: uses are written in batches."""
    end = time.monotonic() + timeout
    while True:
        found = server.command("legacy", "report", "--json")
        assert found.returncode == 0, found.stderr
        parts = json.loads(found.stdout)["apps"]
        if until(parts):
            return parts
        assert time.monotonic() < end, parts


def test_the_report_names_each_app_as_table_and_as_json(own_server, sockets):
    server = own_server()
    shop, other = server.create_app("Shop"), server.create_app("Other")
    api = server.api(shop)
    sockets.legacy(server, api, sdk_version="0.9.4", platform="android").wait("connection.established")
    sockets.client(server, api)
    parts = report(server, lambda parts: sum(len(part["transports"]) for part in parts) == 4)
    assert [part["name"] for part in parts] == ["Shop", "Other"] and parts[1]["transports"] == []
    lines = parts[0]["transports"]
    assert {line["transport"] for line in lines} == {"legacy", "socketio"}
    assert any(line.get("sdk_version") == "0.9.4" and line["platform"] == "android" for line in lines)
    table = server.command("legacy", "report").stdout.splitlines()
    assert table[0].split()[:2] == ["APP", "TRANSPORT"] and len(table) == 5
    assert any("0.9.4" in line and "android" in line for line in table)
    one = server.command("legacy", "report", "--app", other.id)
    assert one.stdout == "No device was connected in the last 30 days.\n"
    assert server.command("legacy", "report", "--app", "nobody").returncode == 1


@pytest.mark.parametrize("words", [[], ["--now", "--when-unused", "30d"], ["--when-unused", "soon"],
                                   ["--when-unused", "1h"], ["--when-unused", "61d"], ["--later"]])
def test_a_wrong_command_line_changes_nothing(own_server, words):
    server = own_server(start=False)
    before = server.config_path.read_text()
    found = server.command("legacy", "off", *words)
    assert found.returncode == 64 and found.stderr.startswith("error: ")
    assert server.config_path.read_text() == before


def test_when_unused_leaves_it_on_while_anybody_uses_it_or_nobody_knows(own_server, sockets):
    server = own_server()
    before = server.config_path.read_text()
    unknown = server.command("legacy", "off", "--when-unused", "30d")
    assert unknown.returncode == 3 and "nothing was counted 30d ago" in unknown.stderr
    client = sockets.legacy(server, server.api(server.create_app("Shop")))
    client.wait("connection.established")
    connected = server.command("legacy", "off", "--when-unused", "30d")
    assert connected.returncode == 3 and "1 connections are open" in connected.stderr
    client.close()
    report(server, lambda parts: any(part["transports"] for part in parts))
    end = time.monotonic() + 10
    while "connections are open" in (used := server.command("legacy", "off", "--when-unused", "30d")).stderr:
        assert time.monotonic() < end
    assert used.returncode == 3 and "Shop" in used.stderr and "last seen" in used.stderr
    assert server.config_path.read_text() == before


def test_off_now_closes_the_old_sockets_and_touches_nobody_else(own_server, sockets):
    server = own_server(configuration(server={"retired_paths": RETIRED}))
    api = server.api()
    conversation = api.open()["id"]
    old, agent = sockets.legacy(server, api), sockets.legacy_admin(server, api.app)
    new = sockets.client(server, api)
    new.wait("conversation:joined")
    for peer in (old, agent):
        peer.wait("connection.established")
    off = server.command("legacy", "off", "--now")
    assert off.returncode == 0, off.stderr
    for peer in (old, agent):
        peer.wait("server.going_away")
        assert peer.wait_closed() == 1001
    answer = requests.get(server.url + "/v1/realtime", timeout=10)
    assert answer.status_code == 404 and "/v1/socket.io" in answer.json()["message"]
    message = api.send(conversation, "still here")
    assert new.wait("message:new")["id"] == message["id"]
    assert not new.closed.is_set()
    assert any(part["transports"] for part in report(server, lambda parts: any(part["transports"] for part in parts)))
    again = server.command("legacy", "off", "--now")
    assert again.returncode == 0 and "off already" in again.stdout

    assert server.command("plugins", "enable", "LegacyWS").returncode == 0
    assert server.command("reload").returncode == 0
    back = sockets.legacy(server, api)
    back.wait("subscribed", conversation_id=conversation)
    message = api.send(conversation, "back")
    assert back.wait("message.new")["message"]["id"] == message["id"]
    assert new.wait("message:new")["id"] == message["id"]


def test_off_without_a_running_server_holds_from_the_next_start(own_server):
    server = own_server(start=False)
    off = server.command("legacy", "off", "--now")
    assert off.returncode == 0 and "next start" in off.stdout
    server.start()
    assert requests.get(server.url + "/v1/realtime", timeout=10).status_code == 404
