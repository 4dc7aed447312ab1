"""PostgreSQL is chosen by one line, or by `DATABASE_URL` alone."""

import json

import pytest
import requests

from support.api import App
from support.server import configuration, store


def started(server):
    return "\n".join(server.output)


def test_database_url_alone_chooses_postgresql(own_server, postgres):
    database = postgres.create_database()
    config = configuration(plugins=[{"name": name} for name in ("SQLite", "Chat", "Presence", "SocketIO", "Rest")]
                           + [{"name": "Admin", "settings": {"client_key_login": True}}])
    server = own_server(config, variables={"DATABASE_URL": postgres.url(database)})

    api = server.api()
    message = api.send(api.open()["id"], "Hello")

    assert postgres.sql("SELECT body FROM messages", database) == "Hello"
    assert message["id"] == postgres.sql("SELECT id FROM messages", database)
    assert "Postgres" in started(server) and "SQLite" not in started(server)
    assert not list(server.folder.glob("*.db"))


def test_apps_are_made_and_listed_by_the_command(own_server, postgres):
    plugins = [{"name": name, "settings": settings} for name, settings in store("postgres").items()]
    server = own_server(configuration(plugins=plugins), start=False)
    made = server.command("apps", "create", "Made by the command", "--json")
    assert made.returncode == 0, made.stderr
    listed = server.command("apps", "list", "--json")
    assert listed.returncode == 0 and "Made by the command" in listed.stdout


def test_neither_log_nor_configuration_shows_the_password(own_server, postgres):
    database = postgres.create_database()
    url = postgres.url(database).replace("postgres@", "postgres:a-secret-password@")
    plugins = [{"name": "Postgres", "settings": {"url": url}}, {"name": "Chat"}, {"name": "Rest"}]
    server = own_server(configuration(plugins=plugins))
    shown = server.command("config")
    assert shown.returncode == 0, shown.stderr
    assert "a-secret-password" not in shown.stdout + shown.stderr + server.log + started(server)


def test_a_database_that_is_not_there_is_one_clear_line(own_server, postgres):
    plugins = [{"name": "Postgres", "settings": {"url": postgres.url("no_such_database")}}, {"name": "Chat"}]
    server = own_server(configuration(plugins=plugins), start=False).spawn()
    assert server.wait_end() == 2
    assert "no_such_database" in server.log + started(server)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_keep_every_text_is_refused(own_server, postgres, encoding):
    database = postgres.create_database(f"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    plugins = [{"name": "Postgres", "settings": {"url": postgres.url(database)}}, {"name": "Chat"}]
    server = own_server(configuration(plugins=plugins), start=False).spawn()
    assert server.wait_end() == 2
    assert f"its encoding is {encoding}" in server.log + started(server)
    for command in (("check",), ("migrate", "status"), ("migrate", "plan"), ("migrate", "apply")):
        refused = server.command(*command)
        assert refused.returncode != 0 and f"its encoding is {encoding}" in refused.stdout + refused.stderr, command


def test_production_asks_for_the_schema_before_it_serves(own_server, postgres):
    plugins = [{"name": name, "settings": settings} for name, settings in store("postgres").items()]
    plugins += [{"name": "Chat"}, {"name": "Presence"}, {"name": "Rest"}]
    server = own_server(configuration(plugins=plugins, environment="production", topology="single"), start=False)

    server.spawn()
    assert server.wait_end() == 2
    assert "replyhq migrate apply" in server.log + started(server)

    planned = server.command("migrate", "plan")
    assert planned.returncode == 0 and "initial" in planned.stdout, planned.stderr
    applied = server.command("migrate", "apply")
    assert applied.returncode == 0, applied.stderr
    status = server.command("migrate", "status", "--json")
    assert status.returncode == 0, status.stderr

    server.start()
    assert requests.get(f"{server.url}/readyz", timeout=10).status_code == 200
    made = server.command("apps", "create", "A product", "--json")
    made = json.loads(made.stdout)
    api = server.api(App(made["id"], made["api_key"]))
    assert api.send(api.open()["id"], "Hello")["body"] == "Hello"
