"""What /metrics says, read by Prometheus' own parser, and to whom."""

import concurrent.futures
import os
import time

import pytest
import requests

from support import http1
from support.api import expect_error, new_id
from support.metrics import Page, documented, fetch, read
from support.reloading import FIXTURE, actions, fixture, reload, set_plugin
from support.server import configuration
from support.waiting import wait_until

TOKEN = "a-token-for-the-tests-only-0123456789"


def measured(own_server, settings=None, plugins=(), **changes):
    config = configuration(settings={"Metrics": settings or {}}, **changes)
    for entry in config["plugins"]:
        # In production somebody has to say so.
        if entry["name"] == "Postgres":
            entry["settings"]["migrate"] = "auto"
    config["plugins"] += plugins
    return own_server(config)


def messages(page, sender):
    return page["replyhq_chat_messages_total", {"sender": sender}]


# What it says

def test_the_page_is_sound_and_every_name_is_documented(own_server):
    server = measured(own_server)
    server.api().open()
    page = read(server)
    types = documented()
    for family in page.families.values():
        # The parser leaves out the ending of counters.
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert types.get(name) == family.type, f"docs/metrics.md does not say that {name} is a {family.type}"
        assert family.documentation.endswith("."), f"{name} has no help"
    assert page["replyhq_metrics_clashing_series"] == 0
    assert page["replyhq_ready"] == 1
    [build] = page.families["replyhq_build_info"].samples
    assert build.value == 1 and build.labels["version"] and build.labels["mode"] in ("debug", "release")


def test_the_process_is_as_the_system_sees_it(own_server):
    server = measured(own_server)
    page = read(server)
    statistics = open(f"/proc/{server.pid}/stat").read().rpartition(")")[2].split()
    boot = next(int(line.split()[1]) for line in open("/proc/stat") if line.startswith("btime"))
    began = boot + int(statistics[19]) / os.sysconf("SC_CLK_TCK")
    assert abs(page["process_start_time_seconds"] - began) < 0.02 and abs(began - time.time()) < 600
    descriptors = len(os.listdir(f"/proc/{server.pid}/fd"))
    assert abs(page["process_open_fds"] - descriptors) <= 3
    assert 4e6 < page["process_resident_memory_bytes"] < page["process_virtual_memory_bytes"]
    assert page["process_max_fds"] >= page["process_open_fds"]
    later = read(server)
    assert 0 < page["process_cpu_seconds_total"] <= later["process_cpu_seconds_total"] < 600


def test_counters_rise_with_what_happens(own_server, sockets):
    server = measured(own_server)
    api = server.api()
    conversation = api.open()["id"]
    before = read(server)
    assert messages(before, "user") == messages(before, "agent") == 0, "a counter is there before it counts"
    repeated = new_id()
    for number in range(20):
        api.send(conversation, f"message {number}")
    for _ in range(3):
        api.send(conversation, "once", local_id=repeated)
    admin = sockets.admin(server, api.app)
    admin.call("message:send", {"conversation_id": conversation, "body": "hello"})
    after = read(server)
    assert messages(after, "user") == 21 and messages(after, "agent") == 1 and messages(after, "system") == 0

    def rise(name, labels=None):
        return after[name, labels or {}] - before[name, labels or {}]

    assert rise("http_server_request_duration_seconds_count", {"status": "2xx"}) >= 23
    assert rise("http_server_request_duration_seconds_sum", {"status": "2xx"}) > 0
    [commits] = [name for name in ("replyhq_sqlite_commit_seconds", "replyhq_postgres_commit_seconds")
                 if name in after.families]
    assert rise(f"{commits}_count") >= 1 and rise(f"{commits}_sum") > 0
    assert api.get("/nowhere").status_code == 404
    status = {"status": "4xx"}
    assert read(server)["http_server_request_duration_seconds_count", status] > after[
        "http_server_request_duration_seconds_count", status]


def test_connections_come_and_go(own_server, sockets):
    server = measured(own_server)
    api = server.api()
    names = ("replyhq_socketio_connections", "replyhq_legacy_connections")
    open_now = lambda: tuple(read(server)[name] for name in names)
    assert open_now() == (0, 0)
    opened = [sockets.client(server, api), sockets.client(server, api.sibling()), sockets.legacy(server, api)]
    opened[2].wait("connection.established")
    assert open_now() == (2, 1)
    for socket in opened:
        socket.close()
    wait_until(lambda: open_now() == (0, 0))
    refused = sockets.legacy(server, api, api_key="sk_wrong")
    assert refused.wait_closed() == 4403
    page = read(server)
    assert page["replyhq_legacy_refused_total", {"code": "4403"}] == 1
    assert page["replyhq_legacy_closed_total", {"code": "4403"}] == 1


def test_readers_at_once_all_get_whole_pages(own_server):
    server = measured(own_server)
    api = server.api()
    conversation = api.open()["id"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        pages = [pool.submit(read, server) for _ in range(40)]
        for number in range(40):
            api.send(conversation, f"message {number}")
        counts = [messages(page.result(60), "user") for page in pages]
    assert all(0 <= count <= 40 for count in counts) and messages(read(server), "user") == 40


def test_a_plugin_that_failed_is_seen(own_server):
    entry = fixture(fails="start")
    server = measured(own_server, plugins=[entry])
    page = read(server)
    assert page["replyhq_plugin_state", {"plugin": FIXTURE, "state": "failed"}] == 1
    assert page["replyhq_plugin_state", {"plugin": "Chat", "state": "ready"}] == 1
    states = [sample for sample in page.families["replyhq_plugin_state"].samples if sample.value == 1]
    assert len(states) == len({sample.labels["plugin"] for sample in states}) == 9
    assert not any(name.startswith("switchable") for name, _ in page.series)
    assert page["replyhq_ready"] == 1, "it is optional"


# Who may read

def test_in_production_only_the_token_opens_it(own_server):
    server = measured(own_server, {"token": TOKEN}, environment="production", topology="single")
    assert read(server, token=TOKEN)["replyhq_ready"] == 1
    for answer in (fetch(server), fetch(server, token=TOKEN + "x"), fetch(server, token=TOKEN[:-1])):
        expect_error(answer, 401, "INVALID_TOKEN")
        assert answer.headers["WWW-Authenticate"] == "Bearer" and "replyhq_" not in answer.text
    # The access token of an agent is another thing.
    expect_error(fetch(server, token=server.variables["JWT_SECRET"]), 401, "INVALID_TOKEN")
    shown = server.command("config").stdout + server.command("config", "--json").stdout
    assert "token" in shown and TOKEN not in shown and TOKEN not in server.log


def test_in_production_nobody_may_read_until_something_is_set(own_server):
    server = measured(own_server, environment="production", topology="single")
    expect_error(fetch(server), 403, "FORBIDDEN")
    expect_error(fetch(server, token=TOKEN), 403, "FORBIDDEN")
    server.wait_log("Nobody may read /metrics")
    # Whoever runs the server still can.
    finished = server.command("metrics")
    assert finished.returncode == 0, finished.stderr
    page = Page(finished.stdout)
    page.histograms_are_sound()
    assert page["replyhq_ready"] == 1


def test_whom_a_trusted_proxy_speaks_for_is_not_this_machine(own_server):
    server = measured(own_server, server={"trusted_proxies": ["127.0.0.1"]})
    assert fetch(server).status_code == 200
    answer = requests.get(f"{server.url}/metrics", headers={"X-Forwarded-For": "203.0.113.9"}, timeout=20)
    expect_error(answer, 403, "FORBIDDEN")


@pytest.mark.parametrize("token", [None, TOKEN], ids=["loopback", "token"])
def test_other_methods(own_server, token):
    server = measured(own_server, {"token": token} if token else {})
    head = fetch(server, "HEAD", token=token)
    assert head.status_code == 200 and head.text == "" and int(head.headers["Content-Length"]) > 1000
    assert head.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    for method in ("POST", "PUT", "DELETE"):
        answer = fetch(server, method, token=token)
        expect_error(answer, 405, "METHOD_NOT_ALLOWED")
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    if token:
        assert fetch(server, "HEAD").status_code == 401


def test_a_short_token_is_refused(own_server):
    server = own_server(configuration(settings={"Metrics": {"token": "short"}}), start=False)
    finished = server.command("check", "--offline")
    assert finished.returncode == 2 and "openssl rand" in finished.stderr and "short" not in finished.stderr


# Plugins that come and go

@pytest.mark.timeout(600)
def test_fifty_reloads_leave_the_same_series(own_server, sockets):
    server = measured(own_server)
    api = server.api()
    conversation = api.open()["id"]
    sent = 0

    def legacy_series(page):
        return {key for key in page.series if key[0].startswith(("replyhq_legacy", "replyhq_transport"))}

    # The census of devices comes a moment after the start.
    wait_until(lambda: "replyhq_transport_devices" in read(server).families)
    before = read(server).series
    assert len(legacy_series(read(server))) > 20
    for number in range(50):
        peer = sockets.legacy(server, api) if number % 10 == 0 else None
        if peer:
            peer.wait("connection.established")
        set_plugin(server, "LegacyWS", enabled=False)
        assert actions(reload(server)) == {"LegacyWS": "stopped"}
        page = read(server)
        assert not legacy_series(page)
        assert not any(("plugin", "LegacyWS") in labels for _, labels in page.series)
        if peer:
            assert peer.wait_closed() == 1001
        api.send(conversation, f"message {number}")
        sent += 1
        set_plugin(server, "LegacyWS", enabled=True)
        assert actions(reload(server)) == {"LegacyWS": "started"}
    wait_until(lambda: read(server).series == before)
    page = read(server)
    assert messages(page, "user") == sent, "the others' counters stay"
    assert page["replyhq_legacy_connections"] == 0 and page["replyhq_metrics_clashing_series"] == 0


def test_what_is_counted_does_not_depend_on_who_reads(own_server):
    server = measured(own_server)
    api = server.api()
    conversation = api.open()["id"]
    # The census of devices comes a moment after the start.
    wait_until(lambda: "replyhq_transport_devices" in read(server).families)
    before = read(server).series
    set_plugin(server, "Metrics", enabled=False)
    assert actions(reload(server)) == {"Metrics": "stopped"}
    expect_error(fetch(server), 404, "NOT_FOUND")
    for number in range(5):
        api.send(conversation, f"message {number}")
    set_plugin(server, "Metrics", enabled=True)
    assert actions(reload(server)) == {"Metrics": "started"}
    page = read(server)
    assert messages(page, "user") == 5 and page.series == before


def test_a_restarted_plugin_is_never_seen_twice(own_server):
    server = measured(own_server, plugins=[fixture(text="one")])
    entry = ("switchable_started", frozenset({("text", "one")}))
    assert entry in read(server).series
    for text in ("two", "three"):
        set_plugin(server, FIXTURE, settings={"text": text})
        assert actions(reload(server)) == {FIXTURE: "restarted"}
        found = [labels for name, labels in read(server).series if name == "switchable_started"]
        assert found == [frozenset({("text", text)})]


# What requests are counted as

def test_requests_count_as_what_the_client_is_answered_whoever_answers(own_server):
    server = measured(own_server)
    api = server.api()
    name = "http_server_request_duration_seconds_count"

    def counts():
        page = read(server)
        return {kind: page[name, {"status": kind}] for kind in ("2xx", "4xx", "5xx")}

    before = counts()
    missing = "/v1/conversations/none"
    for method, path in [("GET", f"{missing}/messages"), ("GET", f"{missing}/sync"), ("POST", f"{missing}/messages/read"),
                         ("GET", "/nothing"), ("GET", "/v1/nothing"), ("DELETE", "/v1/conversations"),
                         ("GET", "/admin/api/conversations/none/messages"), ("GET", "/v1/conversations/x/messages?limit=x")]:
        assert 400 <= api.session.request(method, server.url + path, json={}, timeout=10).status_code < 500
    assert requests.get(f"{server.url}/v1/conversations", timeout=10).status_code == 400
    after = counts()
    assert after["5xx"] == before["5xx"] and after["4xx"] == before["4xx"] + 9


def test_what_the_listener_refuses_is_counted_by_its_status(own_server):
    server = measured(own_server, server={"max_header_bytes": 2000})
    page = read(server)
    refused = "replyhq_http_refused_requests_total"
    head = b"GET /livez HTTP/1.1\r\nHost: x\r\n"
    for data in (head + b"X: " + b"x" * 3000 + b"\r\n\r\n", head + b"Content-Length: 999999\r\n\r\n", b"NONSENSE\r\n\r\n",
                 head + b"Connection: close\r\nContent-Encoding: gzip\r\n\r\n"):
        http1.exchange(server.port, data)
    later = read(server)
    for status in ("431", "413", "400", "415"):
        assert later[refused, {"status": status}] == page[refused, {"status": status}] + 1
