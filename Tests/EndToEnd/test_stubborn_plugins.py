"""A plugin that blocks its threads or never comes to an end holds up itself, and not signals, readiness, commands or the
end of the process."""

import json
import signal
import time

import pytest
import requests

from support.server import configuration, store


def stubborn(own_server, place, *, start=True, deadline="5s", **other):
    plugins = [{"name": name, "settings": settings} for name, settings in store("sqlite").items()]
    plugins.append({"name": "StubbornFixture", "settings": {"blocks": place}})
    return own_server(configuration(plugins=plugins, shutdown={"deadline": deadline}, **other), start=start)


def states(server):
    listed = server.command("plugins", "--json", timeout=20)
    assert listed.returncode == 0, listed.stderr
    return {plugin["name"]: plugin for plugin in json.loads(listed.stdout)}


def terminated(server, limit):
    """Asks for the end, and answers the exit code."""
    server.process.send_signal(signal.SIGTERM)
    return server.wait_end(limit)


@pytest.mark.parametrize("place", ["run", "run_children", "run_shared", "cancel"])
def test_a_plugin_that_blocks_its_work_leaves_the_process_able_to_answer_and_to_end(own_server, place):
    server = stubborn(own_server, place)
    for _ in range(3):
        assert requests.get(f"{server.url}/livez", timeout=5).status_code == 200
        assert requests.get(f"{server.url}/readyz", timeout=5).status_code in (200, 503)
    assert states(server)["StubbornFixture"]["state"] == "ready"
    assert server.command("reload", timeout=20).returncode == 0
    began = time.monotonic()
    code = terminated(server, 15)
    assert code == 124, server.log
    assert time.monotonic() - began < 12
    server.wait_log("StubbornFixture did not end its work within")
    # Where a plugin blocks the threads that all tasks share, others that use those do not stop in order either.
    if place != "run_shared":
        assert "SQLite did not" not in server.log


@pytest.mark.parametrize(("place", "words"), [
    ("stop", "StubbornFixture did not stop within"), ("drain", "A plugin did not drain in time")])
def test_a_plugin_that_does_not_stop_is_named_and_left_behind(own_server, place, words):
    server = stubborn(own_server, place)
    code = terminated(server, 15)
    assert code == (124 if place == "stop" else 0), server.log
    server.wait_log(words)
    assert "StubbornFixture" in server.log


@pytest.mark.parametrize("place", ["stop", "drain", "cancel", "run_shared"])
def test_a_second_signal_ends_the_process_whatever_a_plugin_does(own_server, place):
    server = stubborn(own_server, place, deadline="600s")
    server.process.send_signal(signal.SIGTERM)
    server.wait_log("Draining")
    step = {"stop": "stop()", "drain": "drain()", "cancel": "run()", "run_shared": "run()"}[place]
    # The plugin that is waited for is known by now.
    while not _is_waiting(server, step):
        assert server.is_running, server.log
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    code = server.wait_end(15)
    assert code == 130, server.log
    assert time.monotonic() - began < 5
    server.wait_log("Ending at once")
    assert f"StubbornFixture: {step}" in server.log


def _is_waiting(server, step):
    listed = server.command("plugins", "--json", timeout=20)
    return listed.returncode == 0 and step in listed.stdout


@pytest.mark.parametrize("place", ["make", "start", "start_suspended"])
def test_a_start_that_hangs_can_be_asked_and_given_up(own_server, place):
    server = stubborn(own_server, place, start=False)
    server.spawn()
    while (reload := server.command("reload", timeout=20)).returncode == 3:
        assert server.is_running, server.log
    assert reload.returncode == 2 and "still starting" in reload.stdout + reload.stderr
    step = "make()" if place == "make" else "start()"
    while f"StubbornFixture: {step}" not in reload.stdout + reload.stderr:
        reload = server.command("reload", timeout=20)
    assert states(server)["StubbornFixture"]["state"] == "starting"
    began = time.monotonic()
    assert terminated(server, 15) == 0, server.log
    assert time.monotonic() - began < 5
    assert "Listening" not in server.log and not any("listening" in line for line in server.output)


@pytest.mark.parametrize(("place", "words"), [
    ("make", "was not loaded and made within 1s"), ("start", "did not start within 1s"),
    ("start_suspended", "did not start within 1s")])
def test_a_start_that_hangs_ends_at_its_limit(own_server, place, words):
    server = stubborn(own_server, place, start=False, start_timeout="1s")
    server.spawn()
    assert server.wait_end(40) == 2, server.log
    assert words in server.log


def test_a_reload_whose_new_plugin_hangs_lets_everything_else_go_on(own_server):
    server = stubborn(own_server, "nowhere", start_timeout="600s")
    text = json.loads(server.config_path.read_text())
    text["plugins"][-1]["settings"]["blocks"] = "make"
    server.config_path.write_text(json.dumps(text))
    server.process.send_signal(signal.SIGHUP)
    while "make()" not in (listed := states(server))["StubbornFixture"].get("reason", ""):
        assert listed["SQLite"]["state"] == "ready"
    assert requests.get(f"{server.url}/readyz", timeout=5).status_code == 200
    began = time.monotonic()
    assert terminated(server, 15) in (0, 124), server.log
    assert time.monotonic() - began < 12


def test_a_check_that_blocks_is_a_failure_and_no_more(own_server):
    server = stubborn(own_server, "check")
    answer = requests.get(f"{server.url}/readyz", timeout=10)
    assert answer.status_code == 503 and "no answer within" in answer.text
    assert requests.get(f"{server.url}/livez", timeout=5).status_code == 200
    assert terminated(server, 15) == 0
