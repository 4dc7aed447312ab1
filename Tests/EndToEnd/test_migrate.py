"""`replyhq migrate`: what is pending, what it locks, and who does it when."""

import json

from support.server import configuration


def production(server_factory, postgres, database, **settings):
    config = configuration(plugins=[{"name": "Postgres", "settings": {"url": postgres.url(database), **settings}},
                                    {"name": "Chat"}])
    config.update(environment="production", topology="single")
    return server_factory(config, start=False)


def test_production_refuses_to_start_until_the_command_has_been_run(own_server, postgres):
    database = postgres.create_database()
    server = production(own_server, postgres, database)

    refused = server.command("serve")
    assert refused.returncode == 2
    assert "replyhq migrate apply" in refused.stderr

    pending = server.command("migrate", "status", "--check")
    assert pending.returncode == 3 and "The database is empty." in pending.stdout
    plan = server.command("migrate", "plan", "--json")
    steps = json.loads(plan.stdout)[0]["steps"]
    assert steps and all(step["locks"].endswith(".") and step["statements"] for step in steps)
    assert postgres.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database) == "0"

    applied = server.command("migrate", "apply")
    assert applied.returncode == 0 and "up to date" in applied.stdout
    events = server.command("migrate", "apply", "--json")
    assert events.returncode == 0 and events.stdout == ""
    assert server.command("migrate", "plan", "--check").returncode == 0
    checked = server.command("check")
    assert checked.returncode == 0, checked.stderr


def test_auto_migrates_in_production_when_it_is_asked_to(own_server, postgres):
    database = postgres.create_database()
    server = production(own_server, postgres, database, migrate="auto")
    assert server.command("check").returncode == 0
    assert server.command("migrate", "status", "--check").returncode == 0


def test_another_programs_database_is_left_alone(own_server, postgres):
    database = postgres.create_database()
    postgres.sql("CREATE TABLE theirs (id int)", database)
    server = production(own_server, postgres, database, migrate="auto")
    for command in (("check",), ("migrate", "plan"), ("migrate", "apply")):
        refused = server.command(*command)
        assert refused.returncode in (1, 2) and "theirs" in refused.stderr, command
    assert postgres.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database) == "1"


def test_closing_the_way_back_wants_a_yes(own_server, postgres):
    server = production(own_server, postgres, postgres.create_database())
    refused = server.command("migrate", "apply", "--finalize")
    assert refused.returncode == 64 and "--yes" in refused.stderr


def test_a_database_that_cannot_be_reached_is_one_line_without_its_password(own_server, postgres):
    config = configuration(plugins=[{"name": "Postgres", "settings": {"url": "postgres://u:hunter2@127.0.0.1:1/d"}}])
    failed = own_server(config, start=False).command("migrate", "status")
    assert failed.returncode == 2
    assert "127.0.0.1" in failed.stderr and "hunter2" not in failed.stderr + failed.stdout


def test_sqlite_has_a_schema_too(own_server):
    config = configuration(plugins=[{"name": "SQLite", "settings": {"path": "migrate.db"}}])
    server = own_server(config, start=False)
    assert server.command("migrate", "status", "--check").returncode == 3
    assert not list(server.folder.glob("*.db"))
    assert server.command("migrate", "apply").returncode == 0
    assert server.command("migrate", "status", "--check").returncode == 0


def test_without_a_plugin_that_keeps_a_schema_the_command_says_so(own_server):
    server = own_server(configuration(plugins=[{"name": "Presence"}]), start=False)
    failed = server.command("migrate", "status")
    assert failed.returncode == 2 and "enable SQLite or Postgres" in failed.stderr
