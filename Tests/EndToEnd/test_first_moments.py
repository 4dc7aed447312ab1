"""Signals that come before the server serves, and readers of its output that are gone by then."""

import json
import os
import shutil
import signal
import subprocess

from support.server import BINARY, MASTER_KEY, JWT_SECRET, environment


def blocked(pid, number):
    """Whether the process's first thread blocks a signal, which is its first deed."""
    with open(f"/proc/{pid}/status") as status:
        mask = next(line for line in status if line.startswith("SigBlk")).split()[1]
    return int(mask, 16) >> (number - 1) & 1


def test_sighup_from_the_first_moment_on_is_kept_for_later(own_server):
    server = own_server(start=False)
    server.spawn()
    while not blocked(server.pid, signal.SIGHUP):
        assert server.is_running, server.log
    for _ in range(3):
        server.process.send_signal(signal.SIGHUP)
    server.wait_log("Listening", timeout=30)
    server.wait_log("Reload: unchanged", timeout=30)
    server.process.send_signal(signal.SIGTERM)
    assert server.wait_end() == 0


def test_an_executable_without_its_host_says_what_is_missing(tmp_path):
    shutil.copy(BINARY, tmp_path)
    alone = subprocess.run([tmp_path / "replyhq", "--version"], capture_output=True, text=True)
    assert alone.returncode == 127
    assert f"replyhq: cannot load the server: {tmp_path}/libReplyHQHost.so" in alone.stderr

    # Found through a link, as the libraries are searched beside the file itself.
    link = tmp_path / "link"
    link.symlink_to(BINARY)
    linked = subprocess.run([link, "--version"], capture_output=True, text=True)
    assert linked.returncode == 0 and linked.stdout.startswith("replyhq "), linked.stderr


def test_sigterm_from_the_first_moment_on_gives_the_start_up(own_server):
    server = own_server(start=False)
    server.spawn()
    while not blocked(server.pid, signal.SIGTERM):
        assert server.is_running, server.log
    server.process.send_signal(signal.SIGTERM)
    assert server.wait_end(10) == 0, server.log
    assert "Listening" not in server.log


def test_commands_end_by_a_signal_as_usual(own_server):
    server = own_server(start=False, plugins=[{"name": "StubbornFixture", "settings": {"blocks": "start"}}])
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        command = subprocess.Popen(
            [str(BINARY), "check", "--config", str(server.config_path)], cwd=server.folder, env=environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                # Not ignored, as it is in what nohup runs.
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
        while "libPluginAPI" not in open(f"/proc/{command.pid}/maps").read() or blocked(command.pid, number):
            assert command.poll() is None
        command.send_signal(number)
        assert command.wait(10) == -number


def test_a_reader_of_the_output_that_is_gone_stops_nothing(own_server):
    server = own_server(start=False)
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen(
        [str(BINARY), "serve", "--config", str(server.config_path)], cwd=server.folder, stdin=subprocess.DEVNULL,
        env=environment(JWT_SECRET=JWT_SECRET, MASTER_API_KEY=MASTER_KEY), stdout=writing, stderr=writing)
    os.close(writing)
    try:
        while True:
            asked = server.command("plugins", "--json")
            assert asked.returncode == 0 and process.poll() is None, asked.stderr
            if all(plugin.get("state") == "ready" for plugin in json.loads(asked.stdout) if plugin["status"] == "enabled"):
                break
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        if process.poll() is None:
            process.kill()


def test_a_configuration_without_plugins_is_refused(own_server):
    for plugins in ([], [{"name": "SQLite", "enabled": False}]):
        server = own_server(start=False, plugins=plugins)
        server.spawn()
        assert server.wait_end(20) == 2
        assert "nothing to serve" in server.log
        checked = server.command("check")
        assert checked.returncode == 2 and "nothing to serve" in checked.stderr
