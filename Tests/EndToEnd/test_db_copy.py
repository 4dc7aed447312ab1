"""`replyhq db copy`: a server moves from SQLite to PostgreSQL, and its clients notice nothing."""

import contextlib
import json
import signal
import sqlite3
import subprocess
import time

import pytest
import requests

from support.api import new_id
from support.server import BINARY, configuration, environment, run, store
from support.tokens import access_token, bearer

PEOPLE = 4
MESSAGES = 7 * PEOPLE


def with_store(settings):
    """A configuration whose store is this one, whatever the test run's is."""
    others = [entry for entry in configuration()["plugins"] if entry["name"] not in ("SQLite", "Postgres")]
    return configuration(plugins=[{"name": name, "settings": values} for name, values in settings.items()] + others)


@pytest.fixture
def sqlite_server(own_server):
    def make(**options):
        return own_server(with_store(store("sqlite")), **options)
    return make


@pytest.fixture
def target(postgres, own_server):
    """A database with the schema, and a server on it that does not run yet."""
    database = postgres.create_database()
    server = own_server(with_store({"Postgres": {"url": postgres.url(database)}}), start=False)
    server.database = database
    server.copy_url = postgres.url(database)
    applied = server.command("migrate", "apply")
    assert applied.returncode == 0, applied.stderr
    return server


def copy(source, target_url, *options):
    return run("db", "copy", "--from", f"sqlite:{source}", "--to", target_url, *options, folder=source.parent, timeout=120)


def copied(source, target_url):
    finished = copy(source, target_url, "--json")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.count("\n") == 1, "nothing but the summary"
    report = json.loads(finished.stdout)
    return {table["table"]: table for table in report["tables"]}, report["last_sequence"]


def refused(source, target_url, code):
    finished = copy(source, target_url)
    assert finished.returncode == code, f"{finished.returncode}: {finished.stdout}{finished.stderr}"
    assert finished.stderr.startswith("error: ") and "Fatal error" not in finished.stderr
    return finished.stderr


def fill(path, count):
    """Puts many messages behind the server's back into the file of a server that is stopped."""
    database = sqlite3.connect(path)
    with database:
        [conversation] = database.execute("SELECT key FROM conversations ORDER BY id LIMIT 1").fetchone()
        [last] = database.execute("SELECT value FROM message_sequence").fetchone()
        database.executemany(
            """INSERT INTO messages (id, local_id, conversation, body, sender, sequence, created_at)
               VALUES (?, ?, ?, ?, 'user', ?, ?)""",
            ((f"msg_{number:024x}", new_id(), conversation, f"Message {number} \u00fc'\"\\", last + number, number)
             for number in range(1, count + 1)))
        database.execute("UPDATE message_sequence SET value = ?", (last + count,))
    database.close()
    return last + count


def answer(server, app, conversation, text):
    url = f"{server.url}/admin/api/conversations/{conversation}/messages"
    answered = requests.post(url, json={"body": text}, headers=bearer(access_token(app)), timeout=10)
    assert answered.status_code == 200, answered.text
    return answered.json()["message"]


def lived_in(server):
    """A server's life so far: some people who wrote, were answered and read. Answers who they are and what they see."""
    app = server.create_app()
    people = []
    for number in range(PEOPLE):
        api = server.api(app)
        context = {"platform": "ios", "os_version": "17.\u0000", "app_version": "3.1"}
        conversation = api.open(device_context=context)["id"]
        for text in ("Hello", "a\u0000b", "\U0010fffd", "quotes \" ' \\ {}", f"number {number} \U0001f44d"):
            api.send(conversation, text)
        user = None
        if number % 2:
            user = {"id": f"user-{number}", "name": "J\u00e9", "attributes": {"b": 1, "a": [1.5, 1e20, None, True]}}
            api.identify(user)
        answers = [answer(server, app, conversation, text)["id"] for text in ("We look into it", "It works again")]
        api.ok(api.post(f"/conversations/{conversation}/messages/delivered", {"message_ids": answers}))
        if number == 3:
            api.ok(api.post(f"/conversations/{conversation}/messages/read", {}))
        people.append((api.device, user, conversation, sight(api, user, conversation)))
    return app, people


def sight(api, user, conversation):
    opened = api.open(user)
    assert opened["id"] == conversation
    return {"opened": opened, "listed": api.list(conversation), "synced": api.sync(conversation)}


@pytest.mark.timeout(120)
def test_clients_see_the_same_after_the_move_and_sync_goes_on(sqlite_server, target):
    source = sqlite_server()
    app, people = lived_in(source)
    source.stop()
    file = source.folder / "replyhq.db"

    tables, last = copied(file, target.copy_url)
    assert tables["messages"]["rows"] == tables["messages"]["added"] == MESSAGES
    assert tables["conversations"]["rows"] == PEOPLE and tables["apps"]["rows"] == 1

    again, _ = copied(file, target.copy_url)
    assert all(table["added"] == 0 for table in again.values())
    assert {name: table["sha256"] for name, table in again.items()} == {
        name: table["sha256"] for name, table in tables.items()}

    target.start()
    for device, user, conversation, seen in people:
        api = target.api(app, device)
        assert sight(api, user, conversation) == seen
        cursor = seen["synced"][-1]["sequence"]
        assert api.sync(conversation, cursor) == []
        message = api.send(conversation, "after the move")
        [new] = api.sync(conversation, cursor)
        assert new["id"] == message["id"] and new["sequence"] > last
        repeated = seen["synced"][0]
        assert api.send(conversation, "again", repeated["local_id"])["id"] == repeated["id"], "a late retry doubles nothing"


@contextlib.contextmanager
def holding_inserts(target):
    """Meanwhile inserts wait at the trigger `hold`."""
    with subprocess.Popen(["psql", "-X", "-q", "-A", "-t", "-d", target.copy_url], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as session:
        session.stdin.write(b"SELECT pg_advisory_lock(7);\n")
        session.stdin.flush()
        assert session.stdout.readline() == b"\n"
        # The session ends with its input.
        yield


@pytest.mark.timeout(240)
def test_killed_at_any_point_it_goes_on_and_doubles_nothing(sqlite_server, target, postgres):
    source = sqlite_server()
    lived_in(source)
    source.stop()
    file = source.folder / "replyhq.db"
    last = fill(file, 12_000)
    total = 12_000 + MESSAGES

    def stored():
        return int(postgres.sql("SELECT count(*) FROM messages", target.database))

    command = [str(BINARY), "db", "copy", "--from", f"sqlite:{file}", "--to", target.copy_url]
    postgres.sql(
        """
        CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NEW; END $$;
        """, target.database)
    seen = [0]
    for goal in (1, 4_000, 8_000):
        # Pages are of 1,000 rows: the one that passes the goal is stored, and soon one is held.
        postgres.sql(
            f"""
            CREATE OR REPLACE TRIGGER hold BEFORE INSERT ON messages FOR EACH ROW
                WHEN (NEW.sequence > {goal} + 1500) EXECUTE FUNCTION hold();
            """, target.database)
        with holding_inserts(target):
            process = subprocess.Popen(command, cwd=source.folder, env=environment(), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            deadline = time.monotonic() + 60
            while stored() < goal and process.poll() is None:
                assert time.monotonic() < deadline
            process.send_signal(signal.SIGKILL)
            output = process.communicate(timeout=20)[0]
            assert process.returncode == -signal.SIGKILL, f"it ended before it was killed: {output}"
            seen.append(stored())
    postgres.sql("DROP TRIGGER hold ON messages", target.database)
    assert seen == sorted(seen) and seen[1] > 0 and seen[-1] < total, f"not killed in the middle: {seen}"

    tables, number = copied(file, target.copy_url)
    assert tables["messages"]["rows"] == total == stored()
    assert 0 < tables["messages"]["added"] < total, "what was there was copied again"
    assert number == last
    assert postgres.sql("SELECT count(*) - count(DISTINCT id) FROM messages", target.database) == "0"


@pytest.mark.timeout(120)
def test_a_target_that_is_not_the_sources_is_refused_and_named(sqlite_server, target, postgres):
    source = sqlite_server()
    lived_in(source)
    source.stop()
    file = source.folder / "replyhq.db"
    copied(file, target.copy_url)

    [conversation, sequence] = postgres.sql(
        "UPDATE messages SET body = 'changed' WHERE id = (SELECT max(id) FROM messages) RETURNING conversation_id, sequence",
        target.database).splitlines()[0].split("|")
    said = refused(file, target.copy_url, 3)
    assert f"messages {conversation} {sequence} differs in body" in said and "Nothing was written" in said

    database = postgres.create_database()
    other = target.copy_url.replace(target.database, database)
    assert target.command("migrate", "apply", REPLYHQ_PLUGINS__POSTGRES__SETTINGS__URL=other).returncode == 0
    postgres.sql("INSERT INTO apps (id, name, api_key_hash) VALUES ('an-app', 'Another', 'x')", database)
    said = refused(file, other, 3)
    assert "apps an-app is in the target and not in the source" in said
    assert postgres.sql("SELECT count(*) FROM messages", database) == "0"


@pytest.mark.timeout(120)
def test_a_row_that_cannot_be_stored_is_told_and_the_rest_can_follow(sqlite_server, target, postgres):
    source = sqlite_server()
    lived_in(source)
    source.stop()
    file = source.folder / "replyhq.db"
    postgres.sql("ALTER TABLE messages ADD CONSTRAINT short CHECK (body <> 'Hello')", target.database)
    said = refused(file, target.copy_url, 1)
    assert "does not fit" in said and "short" in said and "run the command again" in said
    postgres.sql("ALTER TABLE messages DROP CONSTRAINT short", target.database)
    tables, _ = copied(file, target.copy_url)
    assert tables["messages"]["rows"] == MESSAGES


@pytest.mark.timeout(120)
def test_stores_that_cannot_be_used_are_told_in_one_line(sqlite_server, target, postgres, tmp_path):
    source = sqlite_server()
    file = source.folder / "replyhq.db"
    assert "another process uses it" in refused(file, target.copy_url, 2)
    source.stop()

    assert "no such file" in refused(tmp_path / "missing.db", target.copy_url, 2)
    assert not (tmp_path / "missing.db").exists()
    empty = target.copy_url.replace(target.database, postgres.create_database())
    assert "replyhq migrate apply" in refused(file, empty, 2)
    assert "no_such_database" in refused(file, target.copy_url.replace(target.database, "no_such_database"), 2)
    assert "mysql" in refused(file, "mysql://host/database", 2)

    target.start()
    assert "a server uses it" in refused(file, target.copy_url, 2)
    target.stop()
    assert copy(file, target.copy_url).returncode == 0


@pytest.mark.timeout(120)
def test_the_way_back_is_the_same_command(sqlite_server, own_server, target, tmp_path):
    source = sqlite_server()
    app, people = lived_in(source)
    source.stop()
    forth, last = copied(source.folder / "replyhq.db", target.copy_url)
    finished = run("db", "copy", "--from", target.copy_url, "--to", f"sqlite:{tmp_path}/back.db", "--json",
                   folder=tmp_path, timeout=120)
    assert finished.returncode == 0, finished.stderr
    back = json.loads(finished.stdout)
    assert back["last_sequence"] == last
    assert [table["sha256"] for table in back["tables"]] == [table["sha256"] for table in forth.values()]

    server = own_server(with_store({"SQLite": {"path": str(tmp_path / "back.db")}}))
    for device, user, conversation, seen in people:
        assert sight(server.api(app, device), user, conversation) == seen


def test_ids_that_postgresql_cannot_keep_are_mended_and_reported(sqlite_server, target, postgres):
    source = sqlite_server()
    _, people = lived_in(source)
    source.stop()
    file = source.folder / "replyhq.db"
    database = sqlite3.connect(file)
    with database:
        # As clients could once store them.
        database.execute("UPDATE conversations SET user_id = 'a' || char(0) || rowid WHERE user_id IS NOT NULL")
        database.execute("UPDATE devices SET device_id = 'd' || char(0) || device_id WHERE device_id IN "
                         "(SELECT device_id FROM devices ORDER BY device_id LIMIT 2)")
    database.close()

    for _ in range(2):
        finished = copy(file, target.copy_url, "--json")
        assert finished.returncode == 0, finished.stderr
        mended = {(each["table"], each["column"]): each["values"] for each in json.loads(finished.stdout)["mended"]}
        assert mended[("devices", "device_id")] == 2 and mended[("conversations", "user_id")] == PEOPLE // 2
    assert "U+0000 is U+FFFD now" in copy(file, target.copy_url).stdout
    assert postgres.sql("SELECT count(*) FROM devices WHERE device_id LIKE 'd\ufffd%-%'", target.database) == "2"
    assert postgres.sql("SELECT count(*) FROM messages", target.database) == str(MESSAGES)
