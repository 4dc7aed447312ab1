"""A PostgreSQL server whose disk is really full, a small one of its own: sends are refused with the right codes, and it
recovers."""

import os
import pwd
import secrets
import shutil
import subprocess
from contextlib import ExitStack

import pytest
import requests

from support.api import expect_error, new_id
from support.server import configuration
from support.waiting import wait_until

pytestmark = [pytest.mark.root, pytest.mark.namespaces, pytest.mark.timeout(180)]

# What is left of the disk when the server begins to send.
ROOM = 1 << 20


class Disk:
    """A file system of a bounded size in the cluster's folder, which belongs to the cluster's user."""

    def __init__(self, folder, size):
        self.folder = folder
        self.filler = folder / "filler"
        user = pwd.getpwnam("postgres")
        folder.mkdir()
        options = f"size={size},mode=700,uid={user.pw_uid},gid={user.pw_gid}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "replyhq-test", folder], check=True)

    def fill(self, left=0):
        """Takes all but so many bytes."""
        with self.filler.open("ab") as file:
            room = os.statvfs(self.folder)
            file.write(b"\0" * max(0, room.f_bavail * room.f_frsize - left))

    def free(self):
        self.filler.unlink()

    def remove(self):
        subprocess.run(["umount", self.folder], check=True)


@pytest.fixture
def small_disk(own_postgres):
    """A cluster and a small disk beside its data: `cluster, disk = small_disk("64m")`."""
    made = []

    def make(size):
        cluster = own_postgres()
        made.append((cluster, Disk(cluster.folder / "disk", size)))
        return made[-1]

    yield make
    with ExitStack() as stack:
        for cluster, disk in made:
            # These run in reverse order: the server that uses the disk stops, then the disk is unmounted, also when the
            # server could not be stopped.
            stack.callback(disk.remove)
            stack.callback(cluster.stop, "immediate")


def on(cluster, database):
    return configuration(plugins=[
        {"name": "Postgres", "settings": {"url": cluster.url(database), "connect_timeout": "2s"}}, {"name": "Chat"},
        {"name": "Rest", "settings": {"message_rate": 0, "device_rate": 0, "ip_rate": 0}},
        {"name": "Admin", "settings": {"client_key_login": True, "setup_rate": 0}}])


def state(server):
    answer = requests.get(f"{server.url}/readyz", timeout=30)
    return answer.status_code, next(plugin for plugin in answer.json()["plugins"] if plugin["name"] == "Postgres")


def lines(server, text):
    return [line for line in server.log_lines if text in line]


class Sender:
    """Sends messages that no compression makes shorter, and remembers which were acknowledged."""

    def __init__(self, server):
        self.api = server.api()
        self.conversation = self.api.open()["id"]
        self.kept = []

    def send(self):
        draft = {"local_id": new_id(), "body": secrets.token_hex(2_450)}
        answer = self.api.post(f"/conversations/{self.conversation}/messages", draft, timeout=60)
        if answer.status_code == 200:
            self.kept.append(answer.json()["message"]["id"])
        return answer

    def send_until_refused(self, times):
        refused = []
        while len(refused) < times:
            answer = self.send()
            if answer.status_code != 200:
                refused.append(answer)
        return refused

    def expect_all(self):
        """Everything that was acknowledged is there, in its order, over as many pages as it takes."""
        seen = [message["id"] for message in self.api.sync(self.conversation, limit=200)]
        assert [message for message in seen if message in set(self.kept)] == self.kept


def test_a_full_disk_is_reported_in_the_databases_words_and_nothing_acknowledged_is_lost(own_server, small_disk):
    cluster, disk = small_disk("64m")
    cluster.sql(f"CREATE TABLESPACE small LOCATION '{disk.folder}'", "postgres")
    database = cluster.create_database("TABLESPACE small")
    server = own_server(on(cluster, database))
    sender = Sender(server)
    sender.send()
    disk.fill(left=ROOM)

    refused = sender.send_until_refused(5)
    for answer in refused:
        assert answer.status_code in (503, 507), answer.text
    expect_error(refused[0], 507, "STORAGE_FULL")
    assert len(sender.kept) > 10
    status, store = state(server)
    assert status == 503 and "No space left on device" in store["reason"], store
    wait_until(lambda: lines(server, "The database cannot do its work"))
    # More of the same says nothing more, and what is stored can be read.
    sender.send_until_refused(5)
    sender.expect_all()
    assert state(server)[0] == 503
    [line] = lines(server, "The database cannot do its work")
    assert "No space left on device" in line and not lines(server, "The database does its work again")

    disk.free()
    # Without a send the server notices by itself.
    wait_until(lambda: state(server)[0] == 200, timeout=60)
    wait_until(lambda: lines(server, "The database does its work again"))
    assert len(lines(server, "The database cannot do its work")) == 1
    assert len(lines(server, "The database does its work again")) == 1
    assert sender.send().status_code == 200
    sender.expect_all()


def test_a_full_disk_of_the_write_ahead_log_stops_the_database_and_loses_nothing_acknowledged(own_server, small_disk):
    cluster, disk = small_disk("96m")
    cluster.stop()
    log = cluster.data / "pg_wal"
    subprocess.run(["cp", "--archive", log, disk.folder / "wal"], check=True)
    shutil.rmtree(log)
    log.symlink_to(disk.folder / "wal")
    cluster.start()
    database = cluster.create_database()
    server = own_server(on(cluster, database))
    sender = Sender(server)
    sender.send()
    disk.fill()

    # The log goes on in new files of 16 MiB, for which there is no room; then PostgreSQL shuts down.
    refused = None
    while refused is None:
        subprocess.run(["psql", "-X", "-q", "-h", "127.0.0.1", "-p", str(cluster.port), "-U", "postgres", "-d", database,
                        "-c", "SELECT pg_switch_wal()"], capture_output=True, timeout=60)
        answer = sender.send()
        refused = answer if answer.status_code != 200 else None
    assert refused.status_code in (503, 507), refused.text
    assert "No space left on device" in cluster.log
    wait_until(lambda: state(server)[0] == 503)
    wait_until(lambda: lines(server, "The database cannot be used"))
    expect_error(sender.send(), 503, "SERVICE_UNAVAILABLE")
    assert len(lines(server, "The database cannot be used")) == 1

    disk.free()
    wait_until(lambda: cluster.pid is None or state(server)[0] == 200, timeout=60)
    if cluster.pid is None:
        cluster.start()
    wait_until(lambda: state(server)[0] == 200, timeout=60)
    assert sender.send().status_code == 200
    sender.expect_all()
