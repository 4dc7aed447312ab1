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
    server = own_server(configuration(plugins=plugins(postgres.url(database))), start=False)
    # Schema work takes a lock of the session, so it goes to the server itself.
    applied = server.command("migrate", "apply")
    assert applied.returncode == 0, applied.stderr
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
