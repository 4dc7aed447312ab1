"""A disk without room: the store is not ready and says why, once each way, whether or not anyone sends."""

import resource

import pytest
import requests

from support.api import new_id
from support.server import configuration
from support.waiting import wait_until

# Files may not grow beyond this: as an ordinary user's full disk, for the server's process alone.
ROOM = 4 << 20
WITH_LITTLE_ROOM = ("prlimit", f"--fsize={ROOM}:unlimited")


def store_state(server):
    answer = requests.get(f"{server.url}/readyz", timeout=20)
    return answer.status_code, next(plugin for plugin in answer.json()["plugins"] if plugin["name"] == "SQLite")


def lines(server, text):
    return len([line for line in server.log_lines if text in line])


@pytest.mark.timeout(120)
def test_a_sqlite_file_without_room_is_not_ready_until_there_is_room_again(own_server):
    config = configuration(plugins=[
        {"name": "SQLite"}, {"name": "Chat"},
        {"name": "Rest", "settings": {"message_rate": 0, "device_rate": 0, "ip_rate": 0}},
        {"name": "Admin", "settings": {"client_key_login": True, "setup_rate": 0}}])
    server = own_server(config, launcher=WITH_LITTLE_ROOM)
    api = server.api()
    conversation = api.open()["id"]
    kept, failed = [], 0
    while failed < 20:
        answer = api.post(f"/conversations/{conversation}/messages", {"local_id": new_id(), "body": "x" * 4_900})
        if answer.status_code == 200:
            kept.append(answer.json()["message"]["id"])
        else:
            assert answer.status_code in (503, 507), answer.text
            failed += 1
        # Small ones may still find room, which is no sign that all is well.
        api.post(f"/conversations/{conversation}/messages", {"local_id": new_id(), "body": "x"})
    status, store = store_state(server)
    assert status == 503 and store["reason"], store
    assert lines(server, "Writing failed") == 1 and lines(server, "Writing works again") == 0

    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    # Nobody sends, and it finds out by itself.
    wait_until(lambda: store_state(server)[0] == 200, timeout=60)
    assert lines(server, "Writing failed") == 1 and lines(server, "Writing works again") == 1
    api.send(conversation, "x" * 4_900)
    stored = {message["id"] for message in api.sync(conversation, limit=200)}
    assert set(kept) <= stored
