"""The outbox of a server whose store is a file, looked at and filled from outside."""

import contextlib
import sqlite3
import time

from .server import configuration


def on_file(**changes):
    """A configuration whose store is a file, for tests that look into it or fill it."""
    config = configuration(**changes)
    config["plugins"][0] = {"name": "SQLite", "settings": {"path": "replyhq.db"}}
    return config


def look(folder, query, *values):
    with contextlib.closing(sqlite3.connect(folder / "replyhq.db", timeout=20)) as database:
        return database.execute(query, values).fetchall()


def change(folder, statement):
    with contextlib.closing(sqlite3.connect(folder / "replyhq.db", timeout=20)) as database, database:
        database.execute(statement)


def count(folder, state):
    [[count]] = look(folder, "SELECT count(*) FROM push_outbox WHERE state = ?", state)
    return count


def wait_settled(folder, message, timeout=20):
    """How a push ended, and why, when it has."""
    deadline = time.monotonic() + timeout
    with contextlib.closing(sqlite3.connect(folder / "replyhq.db")) as database:
        while True:
            row = database.execute("SELECT state, detail FROM push_outbox WHERE message_id = ?", (message,)).fetchone()
            if row and row[0] != "waiting":
                return row
            assert time.monotonic() < deadline, row
            time.sleep(0.02)


def fill(folder, app, conversation, count, *, due_in=0, age=0, lifetime=3_600, token="ok/many-{}", body="Hello"):
    """Messages of an agent that wait to be pushed, each to a device of its own, as if another process had left them.

    Times are in seconds: when they are due, how old they are, and for how long after their message they are worth it.
    """
    database = sqlite3.connect(folder / "replyhq.db", timeout=20)
    [[base]] = database.execute("SELECT value FROM message_sequence")
    now = int(time.time() * 1000)
    stored, due = now - int(age * 1000), now + int(due_in * 1000)
    [[key]] = database.execute("SELECT key FROM conversations WHERE id = ?", (conversation,))
    rows = [(f"msg_{number:024x}", number) for number in range(base + 1, base + count + 1)]
    database.executemany(
        "INSERT INTO devices (app_id, device_id, push_token, push_token_provider, push_token_updated_at, platform, "
        "created_at, updated_at, last_seen_at) VALUES (?, ?, ?, 'fcm', ?, 'android', ?, ?, ?)",
        [(app, f"many-{n}", token.format(n), now, now, now, now) for _, n in rows])
    database.executemany(
        "INSERT INTO messages (id, local_id, conversation, body, sender, sequence, created_at) "
        "VALUES (?, ?, ?, ?, 'agent', ?, ?)",
        [(m, m, key, body, n, stored) for m, n in rows])
    database.executemany(
        "INSERT INTO push_outbox (message_id, app_id, conversation_id, device_id, created_at, due_at, expires_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(m, app, conversation, f"many-{n}", stored, due, stored + lifetime * 1000) for m, n in rows])
    database.execute("UPDATE message_sequence SET value = value + ?", (count,))
    database.commit()
    database.close()
