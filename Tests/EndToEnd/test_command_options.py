"""No option of a command is passed over in silence, and a check hides nothing."""

import subprocess

import pytest

from support.server import run


def quiet_hours(finished):
    assert finished.returncode == 0, finished.stderr
    (line,) = (line for line in finished.stdout.splitlines() if line.startswith("quiet hours"))
    return line.removeprefix("quiet hours").strip()


def test_a_time_zone_alone_is_that_of_the_hours_set_before(server):
    app = server.create_app().id
    alone = server.command("apps", "push", app, "--time-zone", "Europe/Berlin")
    assert alone.returncode == 64 and "no quiet hours" in alone.stderr
    server.command("apps", "push", app, "--quiet-hours", "22:00-07:00")
    assert quiet_hours(server.command("apps", "push", app, "--time-zone", "Europe/Berlin")) == "22:00-07:00 Europe/Berlin"
    assert quiet_hours(server.command("apps", "push", app, "--time-zone", "UTC")) == "22:00-07:00 UTC"


@pytest.mark.parametrize("options", [
    ["--time-zone", "Mars/Base"], ["--time-zone", "Europe"], ["--time-zone", "../etc/passwd"], ["--time-zone", ""],
    ["--time-zone", "Europe/Berlin", "--quiet-hours", "never"], ["--time-zone", "Europe/Berlin", "--reset"],
    ["--time-zone", "Mars/Base", "--quiet-hours", "22:00-07:00"]])
def test_a_time_zone_that_can_be_of_nothing_is_refused(server, options):
    app = server.create_app().id
    server.command("apps", "push", app, "--quiet-hours", "22:00-07:00")
    assert server.command("apps", "push", app, *options).returncode == 64
    assert quiet_hours(server.command("apps", "push", app)) == "22:00-07:00 UTC"


def test_a_confirmation_of_nothing_is_refused(server):
    assert server.command("migrate", "apply", "--yes").returncode == 64


def test_a_check_says_what_plugins_warn_of(own_server):
    server = own_server(start=False, settings={"Admin": {"client_key_login": True}})
    checked = server.command("check", REDIS_URL="disabled", SENTRY_DSN="x")
    assert checked.returncode == 0, checked.stderr
    assert "warning: environment SENTRY_DSN" in checked.stdout
    assert "client_key_login is on" in checked.stderr


def test_a_plugin_named_by_a_variable_is_found_in_any_case(own_server):
    server = own_server(start=False)
    checked = server.command("check", "--offline", REPLYHQ_PLUGINS__METRICS__ENABLED="true")
    assert checked.returncode == 0 and "Metrics" in checked.stdout, checked.stderr
    assert "Fixture" not in server.command("plugins").stdout


@pytest.mark.root
def test_a_file_that_is_a_mount_of_its_own_is_edited_in_place(own_server, tmp_path):
    server = own_server(start=False)
    mounted = tmp_path / "mounted.yaml"
    mounted.touch()
    subprocess.run(["mount", "--bind", str(server.config_path), str(mounted)], check=True)
    try:
        text = server.config_path.read_text()
        finished = run("plugins", "disable", "Presence", "--config", str(mounted), folder=tmp_path, binary=server.binary)
        assert finished.returncode == 0, finished.stderr
        assert server.config_path.read_text() != text and "false" in server.config_path.read_text()
        assert [path.name for path in tmp_path.iterdir()] == ["mounted.yaml"]
    finally:
        subprocess.run(["umount", str(mounted)], check=True)
