"""The socket through which commands reach the running process: who may, where it is, and what is left of it."""

import hashlib
import json
import os
import pathlib
import socket
import stat

import pytest

from support import http1
from support.reloading import fixture, reload
from support.server import Server, configuration, run

pytestmark = pytest.mark.any_user
FOLDERS = ["/run/replyhq", f"/run/user/{os.geteuid()}", f"/tmp/replyhq-{os.geteuid()}"]


def sockets_of(server):
    """By configuration and process: a killed process may have left one, and its number may have come round again."""
    name = hashlib.sha256(os.path.realpath(server.config_path).encode()).hexdigest()[:12]
    return [path for folder in FOLDERS for path in pathlib.Path(folder).glob(f"replyhq-{name}-{server.pid}.sock")]


def ask(path, request):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        connection.sendall(request.encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return http1.parse(answer)


def test_only_its_own_user_can_open_it_and_nothing_is_left(own_server):
    server = own_server()
    [path] = sockets_of(server)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.parent.stat().st_mode & 0o022 == 0
    status, _, body = ask(path, "GET /status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = json.loads(body)
    assert status == 200 and answer["pid"] == server.pid and answer["ready"] is True
    assert answer["configuration"] == os.path.realpath(server.config_path) and answer["url"] == server.url
    assert {plugin["state"] for plugin in answer["plugins"]} == {"ready"}
    assert ask(path, "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")[0] == 404
    assert ask(path, "nonsense\r\n\r\n")[0] == 400
    server.stop()
    assert not path.exists()


@pytest.mark.root
def test_another_user_is_refused_even_where_the_file_would_let_it_in(own_server, tmp_path):
    path = pathlib.Path("/tmp") / f"replyhq-test-{os.getpid()}.sock"
    server = own_server(control={"socket": str(path)})
    path.chmod(0o666)
    process = os.fork()
    if process == 0:
        try:
            os.setuid(65534)
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(10)
                connection.connect(str(path))
                connection.sendall(b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n")
                os._exit(0 if connection.recv(100) == b"" else 1)
        except ConnectionError:
            os._exit(0)
        except BaseException:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    server.wait_log("was refused at the control socket")


def test_a_stated_path_is_used_and_taken_over_from_a_dead_process(own_server, tmp_path):
    path = tmp_path / "control.sock"
    server = own_server(control={"socket": str(path)})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and not sockets_of(server)
    server.kill()
    assert path.exists(), "killed, it leaves its socket"
    assert server.command("reload").returncode == 3
    server.start()
    assert reload(server)["result"] == "unchanged"


def test_a_path_of_a_running_process_or_of_something_else_is_refused(own_server, tmp_path):
    path = tmp_path / "control.sock"
    server = own_server(control={"socket": str(path)})
    other = own_server(control={"socket": str(path)}, start=False).spawn()
    assert other.wait_end() == 2 and f"running process {server.pid}" in other.log
    path = tmp_path / "file"
    path.write_text("precious")
    other = own_server(control={"socket": str(path)}, start=False).spawn()
    assert other.wait_end() == 2 and str(path) in other.log and path.read_text() == "precious"
    other = own_server(control={"socket": "/" + "x" * 100}, start=False).spawn()
    assert other.wait_end() == 2 and "at most 100 bytes" in other.log
    assert reload(server)["result"] == "unchanged"


def test_two_processes_of_one_file_are_told_apart(own_server, tmp_path):
    first = own_server(plugins=configuration()["plugins"] + [fixture()])
    second = Server(tmp_path, first.config_path)
    try:
        second.start()
        finished = first.command("reload")
        assert finished.returncode == 3 and f"{first.pid}" in finished.stderr and f"{second.pid}" in finished.stderr
        listed = first.command("plugins", "--json")
        assert listed.returncode == 0 and "state" not in json.loads(listed.stdout)[0]
        assert listed.stderr.startswith("warning: how the plugins are is not known: several servers"), listed.stderr
        assert first.command("reload", "--pid", f"{second.pid}").returncode == 0
        second.wait_log('"message":"Reload: unchanged"')
        assert not any("Reload" in line for line in first.log_lines)
        second.stop()
        assert first.command("reload").returncode == 0
    finally:
        second.kill()


def test_servers_of_other_files_do_not_answer(own_server):
    first, second = own_server(), own_server(start=False)
    assert second.command("reload").returncode == 3
    assert first.command("reload").returncode == 0


def test_it_can_be_turned_off(own_server):
    server = own_server(control={"enabled": False})
    assert not sockets_of(server) and server.command("reload").returncode == 3


def test_what_killed_processes_left_is_cleared_away(own_server):
    server = own_server()
    [left] = sockets_of(server)
    server.kill()
    assert left.exists()
    server.start()
    assert not left.exists() and len(sockets_of(server)) == 1
    finished = run("plugins", "--json", "--config", str(server.config_path), folder=server.folder, **server.variables)
    assert {entry.get("state") for entry in json.loads(finished.stdout) if entry["status"] == "enabled"} == {"ready"}
