"""What a path answers that nobody serves any more."""

import socket

import pytest
import requests

from support import http1
from support.server import configuration

RETIRED = [{"path": "/v1/realtime", "replacement": "/v1/socket.io"}]


@pytest.fixture(scope="module")
def without(module_server):
    """A server that lists the plugin, turned off."""
    config = configuration(server={"retired_paths": RETIRED})
    next(entry for entry in config["plugins"] if entry["name"] == "LegacyWS")["enabled"] = False
    return module_server(config)


@pytest.mark.parametrize("path", ["/v1/realtime", "/v1/realtime/"])
def test_an_upgrade_gets_a_readable_answer_that_names_the_replacement(without, path):
    with socket.create_connection(("127.0.0.1", without.port), timeout=10) as connection:
        connection.sendall(http1.upgrade_request(without.port, path + "?app_id=a&device_id=d&api_key=k"))
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
    status, headers, body = http1.parse(answer)
    assert status == 404 and headers["content-type"] == "application/json"
    assert headers["link"] == '</v1/socket.io>; rel="successor-version"'
    assert b'"code":"NOT_FOUND"' in body and b"use /v1/socket.io instead" in body
    answer = requests.get(without.url + path, timeout=10)
    assert answer.status_code == 404 and answer.json()["message"].endswith("use /v1/socket.io instead")


def test_other_paths_answer_as_ever(without):
    for path in ("/v1/realtime/x", "/v1/realtimes", "/admin/realtime"):
        answer = requests.get(without.url + path, timeout=10)
        assert "socket.io" not in answer.text and "Link" not in answer.headers


def test_a_path_that_is_served_is_no_retired_one(module_server, sockets):
    server = module_server(server={"retired_paths": RETIRED})
    sockets.legacy(server, server.api()).wait("connection.established")
    assert requests.get(server.url + "/v1/realtime", timeout=10).status_code == 426


@pytest.mark.parametrize("entry", [
    {"path": "v1", "replacement": "/x"}, {"path": "/v1/a b", "replacement": "/x"}, {"path": "/v1"},
    {"path": "/v1", "replacement": "<x>"}])
def test_a_wrong_entry_is_told(own_server, entry):
    server = own_server(configuration(server={"retired_paths": [entry]}), start=False)
    found = server.command("check", "--offline")
    assert found.returncode == 2 and "retired_paths[0]" in found.stderr + found.stdout
