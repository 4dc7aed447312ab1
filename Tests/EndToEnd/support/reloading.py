"""Changing a running server's configuration, and what it is then."""

import json
import os
import pathlib
import signal

FIXTURE = "SwitchableFixture"


def fixture(**settings):
    """The entry of a plugin that does what its settings say."""
    return {"name": FIXTURE, "required": False, "settings": settings} if settings else {
        "name": FIXTURE, "required": False}


def edit(server, change):
    """Changes the file of a server whose configuration is JSON: `change` gets it as a dictionary."""
    config = json.loads(server.config_path.read_text())
    change(config)
    beside = pathlib.Path(f"{server.config_path}.new")
    beside.write_text(json.dumps(config, indent=2))
    beside.replace(server.config_path)


def plugin(config, name):
    [entry] = [entry for entry in config["plugins"] if entry["name"] == name]
    return entry


def set_plugin(server, name, **changes):
    edit(server, lambda config: plugin(config, name).update(changes))


def set_settings(server, name, **settings):
    edit(server, lambda config: plugin(config, name).setdefault("settings", {}).update(settings))


def reload(server, code=0, **options):
    """`replyhq reload --json`, and what it says."""
    finished = server.command("reload", "--json", **options)
    assert finished.returncode == code, f"{finished.returncode}: {finished.stdout} {finished.stderr}"
    return json.loads(finished.stdout)


def actions(outcome):
    return {change["name"]: change["action"] for change in outcome["plugins"]}


def hang_up(server, timeout=20):
    """SIGHUP, and the word of the log on what came of it."""
    seen = len(server.log_lines)
    server.process.send_signal(signal.SIGHUP)
    with server._log_grew:
        def outcomes():
            return [line for line in server.log_lines[seen:] if '"message":"Reload: ' in line]

        assert server._log_grew.wait_for(outcomes, timeout), server.log[-4000:]
        return json.loads(outcomes()[0])["message"].removeprefix("Reload: ")


def states(server):
    """How the plugins are, by the control socket."""
    finished = server.command("plugins", "--json")
    assert finished.returncode == 0, finished.stderr
    return {entry["name"]: entry["state"] for entry in json.loads(finished.stdout) if entry.get("state")}


def descriptors(server):
    return len(os.listdir(f"/proc/{server.pid}/fd"))


def threads(server):
    return len(os.listdir(f"/proc/{server.pid}/task"))


def resident(server):
    """Kilobytes."""
    status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
