"""When descriptors or connections run out: the server pauses, says so once, and goes on."""

import json
import resource
import socket
import time

import pytest
import requests

from support.users import with_descriptors


@pytest.fixture
def narrow(own_server):
    """A server that may have so many descriptors: `narrow(soft, hard)`."""
    def make(soft, hard, **changes):
        return own_server(launcher=with_descriptors(soft, hard), **changes)

    return make


def lines(server, text):
    return [json.loads(line) for line in server.log_lines if text in line]


def processor_seconds(server):
    with open(f"/proc/{server.pid}/stat") as stat:
        return sum(map(int, stat.read().rpartition(")")[2].split()[11:13])) / 100


def test_the_soft_limit_is_raised_at_the_start(narrow):
    server = narrow(256, 4096)
    assert resource.prlimit(server.pid, resource.RLIMIT_NOFILE) == (4096, 4096)


def test_a_limit_that_allows_fewer_connections_than_are_configured_is_said_at_the_start(narrow):
    [line] = lines(narrow(4096, 4096), "limit of open files")
    assert line["level"] == "warning" and line["max_connections"] == "200000" and line["open_files"] == "4096"
    assert not lines(narrow(4096, 4096, server={"max_connections": 1000}), "limit of open files")


def test_without_room_accepting_pauses_and_says_so_once_each_way(narrow):
    server = narrow(200, 200)
    # Some are accepted, the others wait in the kernel.
    connections = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(250)]
    server.wait_log("No more connections are accepted")
    began, used = time.monotonic(), processor_seconds(server)
    # Not for anything to happen: how much is done in a second is what is asked.
    time.sleep(1)
    assert processor_seconds(server) - used < 0.3 * (time.monotonic() - began)
    # What the process needs itself is left: commands reach it, and its store goes on.
    assert server.command("plugins").returncode == 0
    for connection in connections:
        connection.close()
    server.wait_log("Connections are accepted again", timeout=30)
    assert requests.get(f"{server.url}/livez", timeout=10).status_code == 200
    api = server.api()
    assert api.send(api.open()["id"], "Hi")["body"] == "Hi"
    assert len(lines(server, "No more connections are accepted")) == 1
    assert len(lines(server, "Connections are accepted again")) == 1
    [line] = lines(server, "No more connections are accepted")
    assert line["open_files"] == "200" and "descriptor" in line["message"]


def test_when_the_system_gives_no_descriptor_the_server_waits_for_one(own_server):
    """The limit falls below what is open already, as another process of the machine can bring it about."""
    server = own_server()
    before = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (8, before[1]))
    waiting = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    server.wait_log("the system gives no file descriptor")
    used = processor_seconds(server)
    # As above.
    time.sleep(1)
    assert processor_seconds(server) - used < 0.3
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, before)
    waiting.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert waiting.recv(100).startswith(b"HTTP/1.1 200")
    waiting.close()
    server.wait_log("Connections are accepted again", timeout=30)
    assert len(lines(server, "the system gives no file descriptor")) == 1
