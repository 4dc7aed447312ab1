"""The commands, and the sentences with which a server refuses to start."""

import json
import shutil
import struct
import time

import pytest
import requests

from support.api import App, expect_error
from support.server import BINARY, JWT_SECRET, MASTER_KEY, Server, configuration, run

STAMP_MAGIC = struct.pack("<Q", 0x52504C5948513031)


def refusal(server):
    """Starts a server that must not come up, and answers what it says: lines for a person, exit code 2."""
    server.spawn()
    assert server.wait_end(30) == 2, server.log
    errors = [line for line in server.log_lines if line.startswith("error: ")]
    assert errors and not server.output
    assert "Fatal error" not in server.log and "Crash" not in server.log
    return errors


def with_plugin(own_server, plugin, **changes):
    plugins = [entry for entry in configuration()["plugins"] if entry["name"] != "Presence"]
    return own_server(plugins=plugins + [plugin], start=False, **changes)


# Refusing to start

def test_a_port_that_is_taken_is_named_with_its_holder(server, own_server):
    other = own_server(server={"port": server.port}, start=False)
    [error] = refusal(other)
    assert str(server.port) in error and f"pid {server.pid}" in error and "PORT" in error
    assert server.is_running


def test_an_unknown_key_is_refused_with_the_nearest_one(own_server):
    errors = refusal(own_server(server={"prot": 1}, settings={"Chat": {"typing_timout": "1s"}}, start=False))
    assert 'did you mean "port"?' in errors[0]
    assert "replyhq.yaml:" in errors[0], "with file and line"


def test_an_unknown_setting_of_a_plugin_is_refused_with_the_nearest_one(own_server):
    error = refusal(own_server(settings={"Chat": {"typing_timout": "1s"}}, start=False))[0]
    assert 'did you mean "typing_timeout"?' in error and "replyhq.yaml:" in error


def test_a_value_outside_its_bounds_is_refused_with_the_bounds(own_server):
    [error] = refusal(own_server(server={"port": 70000}, start=False))
    assert "65535" in error and "70000" in error


@pytest.mark.parametrize("text, says", [("server: [", "replyhq.yaml:"), ("- a\n- b\n", "replyhq.yaml"), ("a: 1\na: 2\n", "a")],
                         ids=["syntax", "no mapping", "twice"])
def test_a_broken_configuration_is_refused_with_its_place(own_server, text, says):
    server = own_server(start=False)
    server.config_path.write_text(text)
    assert says in refusal(server)[0]


def test_a_missing_configuration_is_one_clear_line(tmp_path):
    finished = run("serve", "--config", "nowhere.yaml", folder=tmp_path)
    assert finished.returncode == 2
    assert finished.stderr.startswith("error: ") and "nowhere.yaml" in finished.stderr
    assert finished.stderr.count("\n") == 1


def test_a_plugin_that_is_not_there_is_named_with_the_nearest_one(own_server):
    [error] = refusal(with_plugin(own_server, {"name": "Presense"}))
    assert "libPresense.so" in error and 'did you mean "Presence"?' in error


def broken_plugin(folder, kind):
    path = folder / "libPresence.so"
    true = (BINARY.parent / "libPresence.so").read_bytes()
    if kind == "text":
        path.write_text("This is no library.\n" * 100)
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "truncated":
        path.write_bytes(true[: len(true) // 2])
    elif kind == "library":
        shutil.copy(BINARY.parent / "libPluginAPI.so", path)
    elif kind == "foreign":
        # The hash of the interface follows magic, size and version.
        place = true.index(STAMP_MAGIC) + 16
        path.write_bytes(true[:place] + b"f" * 8 + true[place + 8:])
    elif kind == "directory":
        path.mkdir()
    return path


@pytest.mark.parametrize("kind", ["missing", "text", "empty", "truncated", "library", "foreign", "directory"])
def test_a_broken_plugin_file_is_one_clear_line(own_server, tmp_path, kind):
    path = broken_plugin(tmp_path, kind)
    [error] = refusal(with_plugin(own_server, {"path": str(path)}))
    assert str(path) in error
    if kind == "foreign":
        assert "rebuild" in error


def test_a_plugin_that_is_not_required_may_be_broken(own_server, tmp_path):
    path = broken_plugin(tmp_path, "text")
    server = with_plugin(own_server, {"path": str(path), "required": False}).start()
    api = server.api()
    assert api.send(api.open()["id"], "It runs")["body"] == "It runs"
    ready = requests.get(f"{server.url}/readyz", timeout=10)
    assert ready.status_code == 200
    [presence] = [plugin for plugin in ready.json()["plugins"] if plugin["name"] == "Presence"]
    assert presence["state"] == "failed" and str(path) in presence["reason"]


def test_a_plugin_that_is_turned_off_is_not_even_opened(own_server, tmp_path):
    path = broken_plugin(tmp_path, "text")
    server = with_plugin(own_server, {"path": str(path), "enabled": False}).start()
    assert requests.get(f"{server.url}/livez", timeout=10).status_code == 200


def test_a_plugin_turned_off_by_the_environment_takes_its_routes_along(own_server):
    server = own_server(variables={"REPLYHQ_PLUGINS__ADMIN__ENABLED": "false", "REPLYHQ_PLUGINS__SOCKETIO__ENABLED": "false"})
    for path in ("/setup/api/apps", "/admin/api/users"):
        assert requests.get(server.url + path, timeout=10).status_code == 404
    finished = server.command("apps", "create", "x", "--json")
    made = json.loads(finished.stdout)
    api = server.api(App(made["id"], made["api_key"]))
    assert api.send(api.open()["id"], "Without sockets")["status"] == "SENT"


def test_a_plugin_whose_need_is_not_met_is_named(own_server):
    plugins = [entry for entry in configuration()["plugins"] if entry["name"] != "SQLite"]
    error = refusal(own_server(plugins=plugins, start=False))[0]
    assert "Chat" in error and "store" in error


# Commands

def test_help_and_version_are_there(tmp_path):
    finished = run("--help", folder=tmp_path)
    assert finished.returncode == 0
    for command in ("serve", "check", "plugins", "config", "apps"):
        assert command in finished.stdout
        assert run(command, "--help", folder=tmp_path).returncode == 0
    finished = run("--version", folder=tmp_path)
    assert finished.returncode == 0 and finished.stdout.startswith("replyhq ")
    finished = run("--no-such-option", folder=tmp_path)
    assert finished.returncode == 64 and finished.stderr


def test_check_says_that_all_is_well_and_leaves_nothing_behind(tmp_path):
    server = Server(tmp_path)
    finished = server.command("check", "--offline")
    assert finished.returncode == 0, finished.stderr
    assert "The configuration is sound." in finished.stdout
    assert not (tmp_path / "replyhq.db").exists(), "offline opens nothing"
    finished = server.command("check")
    assert finished.returncode == 0, finished.stderr
    for name in ("SQLite", "Chat", "Presence", "SocketIO", "LegacyWS", "Rest", "Admin"):
        assert name in finished.stdout


def test_check_finds_what_is_wrong(tmp_path):
    finished = Server(tmp_path, configuration(settings={"Rest": {"message_rate": "fast"}})).command("check", "--offline")
    assert finished.returncode == 2
    assert "message_rate" in finished.stderr and "fast" in finished.stderr and "replyhq.yaml:" in finished.stderr
    config = configuration(server={"tls": {"certificate": "none.pem", "private_key": "none.pem"}})
    finished = Server(tmp_path, config).command("check")
    assert finished.returncode == 2 and "none.pem" in finished.stderr


def test_plugins_are_listed_as_json(tmp_path):
    finished = Server(tmp_path).command("plugins", "--json")
    assert finished.returncode == 0, finished.stderr
    plugins = {plugin["name"]: plugin for plugin in json.loads(finished.stdout)}
    assert plugins["SQLite"]["status"] == "enabled" and plugins["SQLite"]["provides"] == ["store"]
    assert plugins["Chat"]["requires"] == ["store"]
    assert plugins["Echo"]["status"] == "not listed"
    settings = {setting["name"]: setting for setting in plugins["Admin"]["settings"]}
    assert settings["jwt_secret"]["secret"] is True


def test_the_configuration_is_shown_with_its_origins_and_without_its_secrets(tmp_path):
    server = Server(tmp_path, configuration(log={"level": "warning"}))
    for arguments in ([], ["--json"]):
        finished = server.command("config", *arguments, PORT="4567")
        assert finished.returncode == 0, finished.stderr
        assert JWT_SECRET not in finished.stdout and MASTER_KEY not in finished.stdout
        assert "4567" in finished.stdout and "PORT" in finished.stdout
        assert "JWT_SECRET" in finished.stdout and "default" in finished.stdout
    values = {value["path"]: value for value in json.loads(finished.stdout)["values"]}
    assert values["server.port"]["value"] == "4567"
    assert "replyhq.yaml:" in values["log.level"]["origin"]


def test_apps_are_listed_newest_first(tmp_path):
    server = Server(tmp_path)
    made = [json.loads(server.command("apps", "create", name, "--json").stdout) for name in ("One", "Two")]
    finished = server.command("apps", "list", "--json")
    assert [app["id"] for app in json.loads(finished.stdout)] == [made[1]["id"], made[0]["id"]]
    plain = server.command("apps", "list").stdout
    assert "One" in plain and made[0]["id"] in plain
    assert made[0]["api_key"] not in finished.stdout + plain


@pytest.fixture(scope="module")
def forgetful(module_server):
    """Remembers keys for a moment only."""
    return module_server(settings={"Chat": {"key_cache_positive": "0s", "key_cache_negative": "0s"}})


def rotate(server, app, *options):
    finished = server.command("apps", "rotate-key", app.id, "--json", *options)
    assert finished.returncode == 0, finished.stderr
    made = json.loads(finished.stdout)
    assert list(made) == ["id", "api_key"] and made["id"] == app.id
    return App(app.id, made["api_key"])


def test_a_rotated_key_is_valid_beside_the_old_one_for_the_overlap(forgetful):
    old = forgetful.create_app()
    new = rotate(forgetful, old)
    assert new.key != old.key
    for app in (old, new):
        assert forgetful.api(app).open()["status"] == "open"


def test_a_key_rotated_without_overlap_is_refused_at_once(forgetful):
    old = forgetful.create_app()
    forgetful.api(old).open()
    new = rotate(forgetful, old, "--overlap", "0s")
    expect_error(forgetful.api(old).post("/conversations", {}), 403, "INVALID_APP_ID")
    assert forgetful.api(new).open()["status"] == "open"


def test_a_remembered_key_is_forgotten_in_time(module_server):
    server = module_server(settings={"Chat": {"key_cache_positive": "1s"}})
    old = server.create_app()
    server.api(old).open()
    rotate(server, old, "--overlap", "0s")
    deadline = time.monotonic() + 10
    while server.api(old).post("/conversations", {}).status_code == 200:
        assert time.monotonic() < deadline, "the old key lives on"


def test_rotating_the_key_of_an_app_that_is_not_there_fails(tmp_path):
    finished = Server(tmp_path).command("apps", "rotate-key", "no-such-app")
    assert finished.returncode == 1 and "no-such-app" in finished.stderr
    finished = Server(tmp_path).command("apps", "rotate-key", "x", "--overlap", "soon")
    assert finished.returncode != 0 and "--overlap" in finished.stderr
