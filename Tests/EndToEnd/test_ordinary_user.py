"""A server that is not root's: what it may write, who may read that, and what it says about what it may not do."""

import os
import pathlib
import shutil
import stat
import tempfile

import pytest

from support.reloading import reload
from support.server import Server, configuration, store
from support.users import (WITHOUT_SURROUNDINGS, as_user, beside, hand_over, in_network_of_its_own, nameless_user,
                           on_read_only_system, with_descriptors, with_umask)

PRIVATE = {"replyhq.db": 0o600, "replyhq.db-wal": 0o600, "replyhq.db-shm": 0o600}


def modes(server):
    """The rights of the database's files by their names."""
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in server.folder.glob("replyhq.db*")}


def exchange_a_message(server):
    api = server.api()
    conversation = api.open()["id"]
    sent = api.send(conversation, "Hello")
    assert [message["id"] for message in api.sync(conversation)] == [sent["id"]]


@pytest.mark.any_user
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_database_is_readable_by_its_own_user_alone_whatever_the_umask(own_server, umask):
    server = own_server(launcher=with_umask(umask))
    exchange_a_message(server)
    assert modes(server) == PRIVATE


def test_a_database_that_a_group_may_read_stays_so(own_server):
    server = own_server()
    server.stop()
    for path in server.folder.glob("replyhq.db*"):
        path.chmod(0o640)
    server.start()
    exchange_a_message(server)
    assert set(modes(server).values()) == {0o640}


@pytest.mark.any_user
def test_neither_a_home_nor_a_runtime_directory_is_needed(own_server):
    server = own_server(launcher=WITHOUT_SURROUNDINGS)
    exchange_a_message(server)
    assert reload(server)["result"] == "unchanged"


def test_the_folder_of_the_control_sockets_is_the_users_own(own_server, control_folder):
    own_server()
    status = control_folder.lstat()
    assert stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and status.st_mode & 0o077 == 0


def test_few_descriptors_are_enough_for_few_connections(own_server):
    exchange_a_message(own_server(launcher=with_descriptors(128, 128)))


@pytest.fixture
def control_folder():
    return pathlib.Path(f"/tmp/replyhq-{os.geteuid()}")


# As services are run

@pytest.fixture
def user():
    """A user without a name, whose control sockets are gone before and after."""
    number = nameless_user()
    folder = pathlib.Path(f"/tmp/replyhq-{number}")
    shutil.rmtree(folder, ignore_errors=True)
    yield number
    folder.unlink() if folder.is_symlink() else shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def service(user):
    """Makes servers of that user: `service(launcher)`. Their folder is the user's own, and closed to others."""
    servers = []

    def make(launcher=(), **changes):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="replyhq-state-", dir="/tmp"))
        launcher = launcher(folder) if callable(launcher) else launcher or as_user(user)
        servers.append(Server(folder, configuration(**changes), launcher=launcher))
        hand_over(folder, user)
        return servers[-1]

    try:
        yield make
        for server in servers:
            server.stop()
    finally:
        for server in servers:
            server.kill()
            shutil.rmtree(server.folder)


@pytest.mark.root
@pytest.mark.namespaces
@pytest.mark.parametrize("kept_in", ["sqlite", "postgres"])
def test_one_writable_folder_on_a_read_only_system_is_enough(service, user, kept_in):
    plugins = [{"name": name, "settings": settings} for name, settings in store(kept_in).items()]
    plugins += [entry for entry in configuration()["plugins"] if entry["name"] != "SQLite"]
    server = service(lambda folder: (*WITHOUT_SURROUNDINGS, *on_read_only_system(user, folder, has_runtime_directory=True)),
                     plugins=plugins)
    server.start()
    exchange_a_message(server)
    assert reload(server, launcher=beside(server, user))["result"] == "unchanged"
    assert "An app" in server.command("apps", "list", launcher=beside(server, user)).stdout
    [control] = pathlib.Path(f"/proc/{server.pid}/root/run/replyhq").iterdir()
    assert stat.S_IMODE(control.stat().st_mode) == 0o600
    assert modes(server) == (PRIVATE if kept_in == "sqlite" else {})
    assert {path.stat().st_uid for path in server.folder.iterdir()} == {user}


@pytest.mark.root
@pytest.mark.namespaces
def test_a_server_without_a_place_for_its_control_socket_serves_and_says_so(service, user):
    server = service(lambda folder: on_read_only_system(user, folder, has_runtime_directory=False)).start()
    server.wait_log("There is no place for a control socket")
    exchange_a_message(server)


@pytest.mark.root
@pytest.mark.parametrize("taken_by", ["a folder", "a link"])
def test_a_place_for_control_sockets_that_another_user_has_taken_is_not_used(service, user, tmp_path, taken_by):
    place = pathlib.Path(f"/tmp/replyhq-{user}")
    if taken_by == "a link":
        os.chown(tmp_path, user, user)
        place.symlink_to(tmp_path)
    else:
        place.mkdir(0o777)
        place.chmod(0o777)
    server = service().start()
    server.wait_log("There is no place for a control socket")
    assert list(place.iterdir()) == []
    assert server.command("reload").returncode == 3
    exchange_a_message(server)


@pytest.mark.root
def test_what_root_did_with_the_database_leaves_it_to_its_user(service, user):
    server = service().start()
    exchange_a_message(server)
    server.stop()
    assert "An app" in server.command("apps", "list", launcher=()).stdout
    server.start()
    exchange_a_message(server)
    assert "An app" in server.command("apps", "list", launcher=()).stdout
    assert {path.stat().st_uid for path in server.folder.iterdir()} == {user}


@pytest.mark.root
@pytest.mark.namespaces
def test_a_port_below_1024_needs_a_capability_and_the_refusal_says_so(service, user):
    in_network = in_network_of_its_own()
    server = service((*in_network, *as_user(user)), server={"host": "0.0.0.0", "port": 443})
    server.spawn()
    assert server.wait_end() == 2
    [error] = [line for line in server.log_lines if line.startswith("error: ")]
    assert "443" in error and "CAP_NET_BIND_SERVICE" in error
    # As systemd's AmbientCapabilities= gives it.
    server.launcher = (*in_network, *as_user(user, "net_bind_service"))
    server.start()


@pytest.mark.root
def test_a_port_that_another_users_process_holds_is_named_without_that_process(service, server):
    other = service(server={"port": server.port})
    other.spawn()
    assert other.wait_end() == 2
    [error] = [line for line in other.log_lines if line.startswith("error: ")]
    assert f"port {server.port}" in error and "another process" in error and "PORT" in error


@pytest.mark.root
@pytest.mark.parametrize("closed", ["the folder", "the file", "the configuration"])
def test_what_the_user_may_not_reach_is_named_at_the_start(service, user, closed):
    server = service()
    if closed == "the folder":
        os.chown(server.folder, 0, 0)
        server.folder.chmod(0o755)
        named = "replyhq.db"
    elif closed == "the file":
        assert server.command("apps", "list", launcher=()).returncode == 0
        named = "replyhq.db"
    else:
        os.chown(server.config_path, 0, 0)
        server.config_path.chmod(0o600)
        named = "replyhq.yaml"
    server.spawn()
    assert server.wait_end() == 2, server.log
    [error] = [line for line in server.log_lines if line.startswith("error: ")]
    assert named in error and "Fatal error" not in server.log
