"""Commands that work on data find the running server's store, whatever their own environment says or lacks."""

import json

from support.server import configuration, run
from test_control_socket import ask, sockets_of


def served(own_server):
    """A server whose store and secrets are in its environment alone."""
    config = configuration(plugins=[
        {"name": "SQLite", "settings": {"path": "configured.db"}}, {"name": "Chat"}, {"name": "Rest"},
        {"name": "Admin", "settings": {"jwt_secret": "${JWT_SECRET}", "master_api_key": "${MASTER_API_KEY}"}}])
    return own_server(config, variables={"DATABASE_URL": "sqlite:served.db"})


def command(server, folder, *arguments, **variables):
    """Runs a command as from a shell that knows nothing of the server but its file."""
    return run(*arguments, "--config", str(server.config_path), folder=folder, binary=server.binary, **variables)


def names(finished):
    assert finished.returncode == 0, finished.stderr
    return [app["name"] for app in json.loads(finished.stdout)]


def test_a_command_without_the_servers_environment_works_on_its_store(own_server, tmp_path):
    server = served(own_server)
    server.create_app("Served")
    assert names(command(server, tmp_path, "apps", "list", "--json")) == ["Served"]
    assert command(server, tmp_path, "apps", "create", "By a command").returncode == 0
    assert sorted(names(server.command("apps", "list", "--json"))) == ["By a command", "Served"]
    assert "nothing pending" in command(server, tmp_path, "migrate", "status").stdout
    assert command(server, tmp_path, "reload").returncode == 0
    assert not list(tmp_path.glob("*.db")) and not (server.folder / "configured.db").exists()


def test_another_store_of_the_commands_own_is_refused_unless_told(own_server, tmp_path):
    server = served(own_server)
    other = f"sqlite:{tmp_path}/other.db"
    refused = command(server, tmp_path, "apps", "create", "Lost", DATABASE_URL=other)
    assert refused.returncode == 2
    assert "DATABASE_URL" in refused.stderr and "SQLite at served.db" in refused.stderr
    assert f"SQLite at {tmp_path}/other.db" in refused.stderr
    assert not (tmp_path / "other.db").exists()
    told = command(server, tmp_path, "apps", "create", "Elsewhere", "--standalone", DATABASE_URL=other)
    assert told.returncode == 0, told.stderr
    assert names(command(server, tmp_path, "apps", "list", "--json")) == []
    # Another database's schema is made while the server runs on this one; that is said.
    migrated = command(server, tmp_path, "migrate", "apply", DATABASE_URL=other)
    assert migrated.returncode == 0 and "keeps its data in" in migrated.stderr


def test_without_a_server_a_store_is_enough(own_server, tmp_path):
    server = served(own_server)
    server.stop()
    made = command(server, server.folder, "apps", "create", "Offline", "--json", DATABASE_URL="sqlite:served.db")
    assert made.returncode == 0, made.stderr
    # What a server needs is still missed by a check.
    checked = command(server, server.folder, "check")
    assert checked.returncode == 2 and "JWT_SECRET" in checked.stderr


def test_the_servers_environment_is_not_told_beyond_what_it_reads(own_server):
    server = served(own_server)
    (place,) = sockets_of(server)
    status, _, body = ask(place, "GET /environment HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert status == 200
    answer = json.loads(body)
    assert answer["variables"]["DATABASE_URL"] == "sqlite:served.db"
    assert not {"PATH", "HOME"} & set(answer["variables"])
