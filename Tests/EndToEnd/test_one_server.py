"""Which servers may share a store: one for a file, one for a database with topology single, and else of one topology."""

import json
import os
import signal

import requests

from support.api import expect_error
from support.server import configuration
from support.waiting import wait_until


def with_store(plugins, **other):
    listed = [{"name": name, "settings": settings} for name, settings in plugins.items()]
    listed += [{"name": "Chat"}, {"name": "Rest", "settings": {"message_rate": 0}},
               {"name": "Admin", "settings": {"client_key_login": True, "setup_rate": 0}}]
    return configuration(plugins=listed, **other)


def on_file(path, **settings):
    return with_store({"SQLite": {"path": str(path), **settings}})


def on_database(url, **other):
    return with_store({"Postgres": {"url": url}}, **other)


def refused(server, *words, timeout=60):
    """The server does not start, with exit code 2, and says why."""
    server.spawn()
    assert server.wait_end(timeout) == 2
    said = server.log + "\n".join(server.output)
    assert all(word in said for word in words), said


def reason(server):
    answer = requests.get(f"{server.url}/readyz", timeout=20)
    store = answer.json()["plugins"][0]
    return answer.status_code, store.get("reason") or ""


def test_a_second_server_on_a_sqlite_file_is_refused_with_the_first_ones_process(own_server, tmp_path):
    path = tmp_path / "replyhq.db"
    first = own_server(on_file(path))
    link = tmp_path / "link.db"
    link.symlink_to(path)
    for name in (path, link):
        refused(own_server(on_file(name, busy_timeout="0s"), start=False), "another server uses it", str(first.pid))
    # Commands are no servers.
    app = first.create_app()
    made = first.command("apps", "create", "Beside", "--json")
    assert made.returncode == 0, made.stderr
    checked = first.command("check")
    assert checked.returncode == 0, checked.stderr
    listed = json.loads(first.command("apps", "list", "--json").stdout)
    assert len(listed if isinstance(listed, list) else listed["apps"]) == 2
    assert requests.get(f"{first.url}/readyz", timeout=10).status_code == 200
    first.api(app).open()


def test_a_sqlite_file_is_free_at_once_after_its_server_stopped_or_was_killed(own_server, tmp_path):
    config = on_file(tmp_path / "replyhq.db", busy_timeout="0s")
    first = own_server(config)
    first.kill()
    second = own_server(config)
    second.stop()
    own_server(config)


def test_a_sqlite_file_that_is_moved_or_replaced_under_the_server_takes_nothing_more(own_server, tmp_path):
    path, away = tmp_path / "replyhq.db", tmp_path / "away.db"
    server = own_server(on_file(path))
    api = server.api()
    conversation = api.open()["id"]
    path.rename(away)
    answer = api.post(f"/conversations/{conversation}/messages",
                      {"local_id": "11111111-1111-4111-8111-111111111111", "body": "?"})
    expect_error(answer, 503, "SERVICE_UNAVAILABLE")
    status, why = reason(server)
    assert status == 503 and "moved away or deleted" in why
    path.write_bytes(b"")
    wait_until(lambda: "replaced by another" in reason(server)[1])
    path.unlink()
    away.rename(path)
    wait_until(lambda: reason(server)[0] == 200)
    assert api.send(conversation, "Hello")["body"] == "Hello"
    assert len([line for line in server.log_lines if "Writing failed" in line]) == 1
    assert len([line for line in server.log_lines if "Writing works again" in line]) == 1


def test_a_second_server_on_a_database_with_topology_single_is_refused(own_server, postgres):
    url = postgres.url(postgres.create_database())
    first = own_server(on_database(url))
    refused(own_server(on_database(url), start=False), "another server uses it", f"process {first.pid}", "topology")
    assert first.command("check").returncode == 0
    assert first.command("apps", "create", "Beside").returncode == 0
    # A restart lets go at once, and a process that was killed is not waited for.
    first.stop()
    second = own_server(on_database(url))
    second.kill()
    third = own_server(on_database(url))
    assert not [line for line in third.log_lines if "Waiting for another server" in line]


def test_the_next_server_of_a_database_waits_for_one_that_stops(own_server, postgres):
    url = postgres.url(postgres.create_database())
    first = own_server(on_database(url))
    second = own_server(on_database(url), start=False).spawn()
    second.wait_log("Waiting for another server")
    first.stop()
    second.wait_log('"Listening"', timeout=30)
    second.stop()


def test_servers_of_different_topologies_are_not_beside_each_other(own_server, postgres):
    url = postgres.url(postgres.create_database())
    first = own_server(on_database(url, topology="postgres"))
    own_server(on_database(url, topology="postgres"))
    refused(own_server(on_database(url), start=False), "another server uses it", 'topology \\"postgres\\"')
    assert requests.get(f"{first.url}/readyz", timeout=10).status_code == 200


def test_a_server_that_was_paused_while_another_took_its_database_takes_nothing_more(own_server, postgres):
    database = postgres.create_database()
    first = own_server(on_database(postgres.url(database)))
    api = first.api()
    conversation = api.open()["id"]
    os.kill(first.pid, signal.SIGSTOP)
    try:
        # As if the pause had lasted: the lease has ended.
        postgres.sql("UPDATE server_leases SET expires_at = now()", database)
        second = own_server(on_database(postgres.url(database)))
    finally:
        os.kill(first.pid, signal.SIGCONT)
    wait_until(lambda: reason(first)[0] == 503)
    assert f"process {second.pid}" in reason(first)[1]
    answer = api.post(f"/conversations/{conversation}/messages",
                      {"local_id": "11111111-1111-4111-8111-111111111111", "body": "?"})
    expect_error(answer, 503, "SERVICE_UNAVAILABLE")
    assert requests.get(f"{second.url}/readyz", timeout=10).status_code == 200
    second.stop()
    wait_until(lambda: reason(first)[0] == 200)
    assert api.send(conversation, "Hello")["body"] == "Hello"
    assert len([line for line in first.log_lines if "The database was taken over" in line]) == 1
