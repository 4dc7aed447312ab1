"""A running server follows its configuration: what changes, what does not, and what happens when it cannot."""

import concurrent.futures
import json
import signal
import threading
import time

import pytest
import requests

from support.api import expect_error
from support.reloading import (FIXTURE, actions, descriptors, edit, fixture, hang_up, plugin, reload, resident,
                               set_plugin, set_settings, states, threads)
from support.server import configuration
from support.tokens import access_token, bearer
from support.waiting import wait_until


def with_fixture(own_server, *, settings=None, start=True, entry=None, **changes):
    listed = configuration()["plugins"] + [entry or fixture(**(settings or {}))]
    return own_server(plugins=listed, start=start, **changes)


def switchable(server, path="/switchable"):
    return requests.get(f"{server.url}{path}", timeout=10)


# What a reload does

@pytest.mark.parametrize("how", ["command", "signal"])
def test_a_plugin_is_turned_off_and_on_and_others_keep_their_sockets(own_server, sockets, how):
    server = with_fixture(own_server)
    api = server.api()
    conversation = api.open()["id"]
    client = sockets.stock_client(server, api)
    client.call("conversation:join", {"conversation_id": conversation})
    follow = (lambda: reload(server)["result"]) if how == "command" else (lambda: hang_up(server))
    for number in range(3):
        set_plugin(server, FIXTURE, enabled=False)
        assert follow() == "applied"
        expect_error(switchable(server), 404, "NOT_FOUND")
        assert FIXTURE not in states(server)
        set_plugin(server, FIXTURE, enabled=True)
        assert follow() == "applied"
        assert switchable(server).text == "hello"
        assert states(server)[FIXTURE] == "ready"
        api.send(conversation, f"message {number}")
        assert client.wait("message:new")["body"] == f"message {number}"
    assert len(client.received("message:new")) == 3 and client.client.connected


def test_a_plugin_that_is_not_listed_yet_comes_and_goes(own_server):
    server = own_server()
    assert switchable(server).status_code == 404
    edit(server, lambda config: config["plugins"].append(fixture(text="new")))
    assert actions(reload(server)) == {FIXTURE: "started"}
    assert switchable(server).text == "new"
    edit(server, lambda config: config["plugins"].pop())
    assert actions(reload(server)) == {FIXTURE: "stopped"}
    assert switchable(server).status_code == 404
    ready = requests.get(f"{server.url}/readyz", timeout=10)
    assert ready.status_code == 200 and FIXTURE not in ready.text


def test_a_setting_restarts_its_plugin_and_nothing_else(own_server, sockets):
    server = with_fixture(own_server)
    client = sockets.stock_client(server, server.api())
    set_settings(server, FIXTURE, text="changed")
    outcome = reload(server)
    assert actions(outcome) == {FIXTURE: "restarted"}
    assert outcome["plugins"][0]["cause"] == "its settings changed"
    assert switchable(server).text == "changed"
    client.fence()


def test_nothing_happens_when_only_the_form_changed(own_server):
    server = with_fixture(own_server, settings={"text": "hello", "start_delay": "0s"})
    unchanged = {"result": "unchanged", "plugins": [], "adopted": [], "needs_restart": [], "reasons": []}

    def outcome():
        outcome = reload(server)
        del outcome["took_ms"]
        return outcome

    def since():
        return {entry["name"]: entry.get("since") for entry in json.loads(server.command("plugins", "--json").stdout)}

    before = since()
    assert outcome() == unchanged
    # The same in another order, with a default written out, at another place of a file with other lines.
    settings = {"start_delay": "0s", "path": None, "text": "hello"}
    edit(server, lambda config: plugin(config, FIXTURE).update(settings=settings, enabled=True))
    edit(server, lambda config: config["plugins"].insert(0, config["plugins"].pop()))
    server.config_path.write_text("# A comment.\n\n" + server.config_path.read_text())
    assert outcome() == unchanged and since() == before
    finished = server.command("reload")
    assert finished.returncode == 0 and finished.stdout.startswith("Nothing to do")


def test_whoever_requires_a_changed_plugin_is_restarted_and_whoever_follows_it_is_not(own_server, sockets):
    server = own_server()
    api = server.api()
    conversation = api.open()["id"]
    client = sockets.client(server, api)
    set_settings(server, "Presence", offline_grace="400ms")
    outcome = reload(server)
    assert actions(outcome) == {"Presence": "restarted", "Admin": "restarted"}, "Admin wants presence"
    client.fence()
    set_settings(server, "Chat", event_queue=5000)
    outcome = reload(server)
    assert set(actions(outcome)) == {"Chat", "SocketIO", "LegacyWS", "Rest", "Admin"}
    causes = {change["name"]: change.get("cause") for change in outcome["plugins"]}
    assert causes["Rest"] == 'it uses "chat" of Chat'
    client.wait("server:shutdown")
    client.wait_closed()
    assert api.send(conversation, "after")["body"] == "after"
    again = sockets.client(server, api)
    again.fence()


def test_presence_knows_who_is_connected_after_it_was_away(own_server, sockets):
    server = own_server()
    api = server.api()
    client = sockets.client(server, api)
    other = sockets.client(server, api.sibling())

    def connections():
        return requests.get(f"{server.url}/health", timeout=10).json()["websocket_connections"]

    def wait_for(count):
        deadline = time.monotonic() + 10
        while connections() != count:
            assert time.monotonic() < deadline, connections()

    wait_for(2)
    set_plugin(server, "Presence", enabled=False)
    reload(server)
    assert connections() == 0
    other.close()
    set_plugin(server, "Presence", enabled=True)
    reload(server)
    wait_for(1)
    client.close()
    wait_for(0)


def test_admins_come_and_go_with_their_plugin_while_users_stay(own_server, sockets):
    server = own_server()
    api = server.api()
    conversation = api.open()["id"]
    client = sockets.client(server, api)
    client.call("conversation:join", {"conversation_id": conversation})
    for _ in range(2):
        set_plugin(server, "Admin", enabled=False)
        assert actions(reload(server)) == {"Admin": "stopped"}
        assert requests.get(f"{server.url}/admin/api/users", timeout=10).status_code == 404
        refused = sockets.admin(server, api.app, connect=False)
        refused.ask({"app_id": api.app.id, "admin_token": access_token(api.app)})
        assert "INVALID_CREDENTIALS" in json.dumps(refused.next())
        set_plugin(server, "Admin", enabled=True)
        assert actions(reload(server)) == {"Admin": "started"}
        headers = bearer(access_token(api.app))
        assert requests.get(f"{server.url}/admin/api/users", timeout=10, headers=headers).status_code == 200
        sockets.admin(server, api.app).call("message:send", {"conversation_id": conversation, "body": "hello"})
        assert client.wait("message:new")["body"] == "hello"


def test_stopping_socketio_says_goodbye_to_its_own_sockets_and_it_serves_again_at_once(own_server, sockets):
    server = own_server()
    api = server.api()
    conversation = api.open()["id"]
    clients = [sockets.client(server, api.sibling()) for _ in range(5)]
    set_plugin(server, "SocketIO", enabled=False)
    assert actions(reload(server)) == {"SocketIO": "stopped"}
    for client in clients:
        assert client.wait("server:shutdown")["message"] == "Server is shutting down"
        client.wait_closed()
    assert requests.get(f"{server.url}/v1/socket.io/", timeout=10).status_code == 404
    api.send(conversation, "while it was away")
    set_plugin(server, "SocketIO", enabled=True)
    assert actions(reload(server)) == {"SocketIO": "started"}
    client = sockets.stock_client(server, api)
    client.call("conversation:join", {"conversation_id": conversation})
    api.send(conversation, "it is back")
    assert client.wait("message:new")["body"] == "it is back"


def test_a_request_under_way_in_a_removed_route_finishes(own_server):
    server = with_fixture(own_server)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answer = pool.submit(switchable, server, "/switchable/slow")
        deadline = time.monotonic() + 10
        while control(server, "waiting") != 1:
            assert time.monotonic() < deadline
        set_plugin(server, FIXTURE, enabled=False)
        outcome = pool.submit(reload, server)
        deadline = time.monotonic() + 10
        while switchable(server).status_code != 404:
            assert time.monotonic() < deadline
        assert not answer.done() and not outcome.done(), "it is waited for"
        control(server, "release")
        assert answer.result(10).text == "slow hello"
        assert actions(outcome.result(10)) == {FIXTURE: "stopped"}


def control(server, request):
    finished = server.command("switchable", "ask", request)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_a_restarting_plugins_routes_answer_503_meanwhile(own_server):
    server = with_fixture(own_server)
    set_settings(server, FIXTURE, start_delay="4s")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        outcome = pool.submit(reload, server)
        answers = []
        while not outcome.done():
            answers.append(switchable(server))
        assert actions(outcome.result()) == {FIXTURE: "restarted"}
    assert {answer.status_code for answer in answers} <= {200, 503}
    unavailable = [answer for answer in answers if answer.status_code == 503]
    assert unavailable and all(answer.headers["Retry-After"] == "1" for answer in unavailable)
    assert switchable(server).text == "hello"


# What it refuses

@pytest.mark.parametrize("text, says", [("server: [", "replyhq.yaml:"), ("a: 1\na: 2\n", "duplicate"), ("- a\n", "mapping")],
                         ids=["syntax", "twice", "no mapping"])
def test_a_broken_file_changes_nothing(own_server, sockets, text, says):
    server = with_fixture(own_server)
    client = sockets.client(server, server.api())
    sound = server.config_path.read_text()
    server.config_path.write_text(text)
    assert hang_up(server) == "refused"
    assert says in server.log and switchable(server).text == "hello"
    client.fence()
    # The command cannot read the file either, and says where it is wrong.
    finished = server.command("reload")
    assert finished.returncode == 2 and says in finished.stderr
    server.config_path.write_text(sound)
    assert hang_up(server) == "unchanged"


@pytest.mark.parametrize("change, says", [
    (lambda config: plugin(config, FIXTURE).update(settings={"txt": "x"}), 'did you mean "text"?'),
    (lambda config: config["plugins"].append({"name": "Nowhere"}), "libNowhere.so"),
    (lambda config: config["plugins"].append({"name": "ThrowingFixture"}), "no license file"),
    (lambda config: config["plugins"].append({"name": "ThrowingFixture", "required": False}), "no license file"),
    (lambda config: plugin(config, "SQLite").update(enabled=False), 'requires "store"'),
    (lambda config: plugin(config, FIXTURE).update(settings={"fails": "make"}), "told to fail in make"),
], ids=["unknown setting", "missing", "throwing", "throwing and optional", "requirement", "make"])
def test_a_configuration_that_cannot_be_used_is_refused_as_a_whole(own_server, sockets, change, says, request):
    if request.config.getoption("--store") != "sqlite" and "store" in says:
        pytest.skip("the store's plugin has another name")
    server = with_fixture(own_server)
    client = sockets.client(server, server.api())
    edit(server, change)
    edit(server, lambda config: plugin(config, "Rest")["settings"].update(message_burst=7))
    finished = server.command("reload")
    assert finished.returncode == 2 and says in finished.stderr, finished
    assert "Nothing was changed" in finished.stdout
    assert switchable(server).text == "hello" and server.is_running
    client.fence()


def test_a_plugin_that_does_not_start_brings_the_old_ones_back(own_server, sockets):
    server = with_fixture(own_server)
    api = server.api()
    client = sockets.client(server, api)
    edit(server, lambda config: plugin(config, FIXTURE).update(settings={"text": "new", "fails": "start"}))
    set_settings(server, "Rest", message_burst=7)
    outcome = reload(server, code=1)
    assert outcome["result"] == "rolled_back"
    assert "told to fail in start" in outcome["reasons"][0] and "replyhq.yaml:" in outcome["reasons"][0]
    assert actions(outcome) == {FIXTURE: "restarted", "Rest": "restarted"}
    assert switchable(server).text == "hello"
    assert api.send(api.open()["id"], "It runs")["body"] == "It runs"
    client.fence()
    assert set(states(server).values()) == {"ready"}
    assert requests.get(f"{server.url}/readyz", timeout=10).status_code == 200
    # What was wrong is mended, and everything is taken over.
    edit(server, lambda config: plugin(config, FIXTURE).update(settings={"text": "new"}))
    assert actions(reload(server)) == {FIXTURE: "restarted", "Rest": "restarted"}
    assert switchable(server).text == "new"


def test_a_route_that_is_taken_brings_the_old_ones_back(own_server):
    server = with_fixture(own_server)
    set_settings(server, FIXTURE, path="/health")
    outcome = reload(server, code=1)
    assert outcome["result"] == "rolled_back" and "GET /health" in outcome["reasons"][0]
    assert switchable(server).text == "hello"


def test_keys_that_need_a_restart_are_named_and_the_others_hold(own_server):
    server = own_server(server={"max_body_bytes": 2048})
    api = server.api()
    large = {"local_id": "x" * 3000}
    assert api.post("/conversations", large).status_code == 413

    def change(config):
        config["server"].update(max_body_bytes=200_000, port=1)
        config["log"]["level"] = "debug"
        config["topology"] = "redis"

    edit(server, change)
    outcome = reload(server)
    assert outcome["needs_restart"] == ["server.port", "topology"]
    assert outcome["adopted"] == ["log.level", "server.max_body_bytes"]
    assert server.api(api.app).post("/conversations", large).status_code != 413
    server.wait_log('"level":"debug"')
    assert reload(server)["needs_restart"] == ["server.port", "topology"], "until it is restarted"


def test_a_failed_plugin_is_tried_again_and_an_optional_one_may_go_on_failing(own_server):
    server = with_fixture(own_server, settings={"fails": "run"})
    deadline = time.monotonic() + 10
    while states(server)[FIXTURE] != "failed":
        assert time.monotonic() < deadline
    outcome = reload(server)
    assert outcome["plugins"][0]["cause"] == "it had failed"
    set_settings(server, FIXTURE, fails="start")
    server.stop()
    server.start()
    assert states(server)[FIXTURE] == "failed"
    set_settings(server, "Rest", message_burst=7)
    outcome = reload(server)
    assert actions(outcome) == {"Rest": "restarted", FIXTURE: "failed"}
    set_settings(server, FIXTURE, fails="")
    assert actions(reload(server)) == {FIXTURE: "started"}


# One after the other, and the end

def test_reloads_wait_for_each_other(own_server):
    server = with_fixture(own_server)
    set_settings(server, FIXTURE, start_delay="1s")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        outcomes = [future.result(60) for future in [pool.submit(reload, server) for _ in range(4)]]
    assert sorted(outcome["result"] for outcome in outcomes) == ["applied", "unchanged", "unchanged", "unchanged"]


def test_a_termination_during_a_reload_is_heeded(own_server):
    # Who did not heed it would be waited for as long as half of the deadline.
    server = with_fixture(own_server, shutdown={"deadline": "60s"})
    set_settings(server, FIXTURE, start_delay="60s")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        outcome = pool.submit(server.command, "reload", timeout=30)
        deadline = time.monotonic() + 10
        while switchable(server).status_code != 503:
            assert time.monotonic() < deadline
        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.wait_end() == 0
        assert time.monotonic() - started < 18
        assert outcome.result(10).returncode == 1
    assert not any('"level":"critical"' in line for line in server.log_lines)


# Nothing is left behind

def test_fifty_toggles_leave_nothing_behind_and_lose_nothing(own_server, sockets):
    server = with_fixture(own_server)
    plugins = states(server)
    api = server.api()
    conversation = api.open()["id"]
    clients = [sockets.stock_client(server, api.sibling()) for _ in range(20)]
    listeners = [sockets.stock_client(server, api) for _ in range(3)]
    for listener in listeners:
        listener.call("conversation:join", {"conversation_id": conversation})
    sent = []
    stop = threading.Event()
    writer = api.copy()

    def write():
        while not stop.is_set():
            sent.append(writer.send(conversation, f"message {len(sent)}")["id"])

    thread = threading.Thread(target=write)
    thread.start()
    try:
        # Everything that is made once has been made after a few.
        for number in range(60):
            if number == 10:
                before = descriptors(server), threads(server), resident(server)
            for name in (FIXTURE, "Admin"):
                set_plugin(server, name, enabled=False)
            assert hang_up(server) == "applied"
            for name in (FIXTURE, "Admin"):
                set_plugin(server, name, enabled=True)
            assert hang_up(server) == "applied"
    finally:
        stop.set()
        thread.join(20)
    # A thread of a plugin stays for a moment when it has no more to do.
    wait_until(lambda: threads(server) <= before[1] + 2, lambda: f"{before[1]} threads became {threads(server)}")
    after = descriptors(server), threads(server), resident(server)
    assert after[0] <= before[0] + 2, (before, after)
    assert after[2] <= before[2] + 8_192, (before, after)
    assert len(sent) > 100
    for listener in listeners:
        got = [message["id"] for message in listener.wait_many("message:new", len(sent))]
        assert got == sent, "none lost, none doubled, in order"
    for client in clients:
        client.fence()
    assert switchable(server).text == "hello"
    assert states(server) == plugins
