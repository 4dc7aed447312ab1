"""A pooler in transaction mode between server and database: PgBouncer, with fewer connections than the server asks for."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from support.pooler import Pooler
from support.server import configuration


@pytest.fixture
def pooler(postgres):
    started = Pooler(postgres)
    try:
        yield started.wait_ready()
    finally:
        started.stop()


def plugins(url):
    return [{"name": "Postgres", "settings": {"url": url}},
            *({"name": name} for name in ("Chat", "Presence", "SocketIO", "Rest")),
            {"name": "Admin", "settings": {"client_key_login": True}}]


def test_everything_works_through_a_pooler_in_transaction_mode(own_server, postgres, pooler):
    database = postgres.create_database()
    server = own_server(configuration(plugins=plugins(pooler.url(database))))
    app = server.create_app()

    def visit(number):
        api = server.api(app, device=f"device-{number}")
        conversation = api.open()["id"]
        sent = [api.send(conversation, f"message {place}") for place in range(10)]
        again = api.send(conversation, "message 3", local_id=sent[3]["local_id"])
        assert again["id"] == sent[3]["id"]
        assert [message["id"] for message in api.sync(conversation)] == [message["id"] for message in sent]
        return len(sent)

    with ThreadPoolExecutor(16) as visitors:
        count = sum(visitors.map(visit, range(32)))

    assert postgres.sql("SELECT count(*) FROM messages", database) == str(count)
    assert server.api(app).get("/conversations/conv_none/messages").status_code == 404


def held_locks(postgres, database):
    return postgres.sql(f"SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database "
                        f"WHERE locktype = 'advisory' AND datname = '{database}'", "postgres")


def test_schema_work_through_a_pooler_leaves_nothing_behind(own_server, postgres):
    # One connection for all: whoever needed two at once would wait for ever.
    pooler = Pooler(postgres, server_connections=1)
    database = postgres.create_database()
    try:
        url = pooler.wait_ready().url(database)
        for _ in range(3):
            server = own_server(configuration(plugins=plugins(url)))
            assert held_locks(postgres, database) == "0"
            api = server.api()
            with ThreadPoolExecutor(4) as visitors:
                conversation = api.open()["id"]
                list(visitors.map(lambda number: api.send(conversation, f"message {number}"), range(8)))
            server.stop()
        applied = server.command("migrate", "apply")
        assert applied.returncode == 0, applied.stderr
        assert held_locks(postgres, database) == "0"
        # What schema work sets for itself would be there for all others.
        for name in ("statement_timeout", "lock_timeout", "row_security"):
            left = pooler.sql(f"SHOW {name}", database)
            assert left == postgres.sql(f"SHOW {name}", database), name
    finally:
        pooler.stop()


def test_servers_that_start_together_through_a_pooler_share_the_schema_work(own_server, postgres, pooler):
    database = postgres.create_database()
    config = configuration(plugins=plugins(pooler.url(database)))
    servers = [own_server(config, start=False) for _ in range(3)]
    with ThreadPoolExecutor(3) as starts:
        applied = list(starts.map(lambda server: server.command("migrate", "apply"), servers))
    assert [done.returncode for done in applied] == [0, 0, 0], [done.stderr for done in applied]
    assert postgres.sql("SELECT count(DISTINCT version) = count(*) FROM schema_migrations", database) == "t"


def test_a_schema_of_its_own_is_kept_through_a_pooler(own_server, postgres, pooler):
    database = postgres.create_database()
    postgres.sql("CREATE SCHEMA apart", database)
    server = own_server(configuration(plugins=plugins(pooler.url(database) + "&schema=apart")))
    api = server.api()
    api.send(api.open()["id"], "Hello")
    assert postgres.sql("SELECT count(*) FROM apart.messages", database) == "1"
    assert postgres.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database) == "0"


@pytest.mark.parametrize("ignored", ["", "options"])
def test_a_pooler_that_nobody_told_of_is_refused_with_what_to_do(own_server, postgres, ignored):
    pooler = Pooler(postgres, ignore_startup_parameters=ignored)
    try:
        url = pooler.wait_ready().url(postgres.create_database()).replace("?pgbouncer=true", "")
        server = own_server(configuration(plugins=plugins(url)), start=False).spawn()
        assert server.wait_end() == 2
        assert "?pgbouncer=true" in server.log + "\n".join(server.output)
    finally:
        pooler.stop()
