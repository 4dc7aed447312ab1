"""A read replica: pages come from it, what was sent is always there, and nobody notices when it goes away."""

import time

import pytest
import requests

from support.server import configuration
from support.waiting import wait_until

PATIENCE = 30


def wait_state(server, state):
    """The plugin's report once it is in that state; the server is ready all the time."""
    end = time.monotonic() + PATIENCE
    while True:
        answer = requests.get(f"{server.url}/readyz", timeout=10)
        assert answer.status_code == 200, answer.text
        report = next(plugin for plugin in answer.json()["plugins"] if plugin["name"] == "Postgres")
        if report["state"] == state:
            return report
        assert time.monotonic() < end, report


def asked(replica, database):
    """How many index scans of messages the replica did."""
    return int(replica.sql("SELECT idx_scan FROM pg_stat_user_tables WHERE relname = 'messages'", database) or 0)


def send_and_sync(api, conversation, expected):
    for _ in range(20):
        expected.append(api.send(conversation, f"message {len(expected)}")["id"])
        assert [message["id"] for message in api.sync(conversation, limit=200)] == expected


@pytest.mark.timeout(120)
def test_a_replica_that_comes_and_goes(own_server, own_postgres):
    primary = own_postgres()
    database = primary.create_database()
    replica = own_postgres(copy_of=primary)
    url = replica.url(database).replace("postgres@", "postgres:a-secret-password@")
    config = configuration(plugins=[
        {"name": "Postgres", "settings": {"url": primary.url(database), "replicas": [url], "replica_lag_limit": "10s"}},
        {"name": "Chat"}, {"name": "Presence"},
        {"name": "Rest", "settings": {"message_rate": 0, "device_rate": 0, "ip_rate": 0}},
        {"name": "Admin", "settings": {"client_key_login": True}},
    ])
    server = own_server(config)
    server.wait_log("A replica is used", PATIENCE)
    shown = server.command("config")
    assert shown.returncode == 0 and "a-secret-password" not in shown.stdout + shown.stderr + server.log

    api = server.api(server.create_app())
    conversation = api.open()["id"]
    expected = []
    send_and_sync(api, conversation, expected)
    end = time.monotonic() + PATIENCE
    while not asked(replica, database):
        api.sync(conversation)
        assert time.monotonic() < end, "the replica was never asked"

    replica.stop("immediate")
    send_and_sync(api, conversation, expected)
    report = wait_state(server, "degraded")
    assert f"127.0.0.1:{replica.port}" in report["reason"]

    replica.start()
    wait_state(server, "ready")
    send_and_sync(api, conversation, expected)
    wait_until(lambda: server.log.count("A replica is used") == 2)
    assert len([line for line in server.log_lines if "A replica is not used" in line]) == 1
    assert len([line for line in server.log_lines if "A replica is used" in line]) == 2
