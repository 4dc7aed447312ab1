"""PgBouncer in transaction mode before a cluster: no statement can count on its session from one transaction to the next."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from .ports import free_port
from .postgres import as_server_user, psql


def program():
    path = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    assert path, "pgbouncer is missing: scripts/setup --test installs it"
    return path


class Pooler:
    """One PgBouncer. It has fewer connections to the server than a node has to it, so that they are really shared."""

    def __init__(self, cluster, server_connections=2, ignore_startup_parameters=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="replyhq-pooler-", dir="/tmp"))
        self.port = free_port()
        (self.folder / "users").write_text('"postgres" ""\n')
        (self.folder / "pooler.ini").write_text(f"""
[databases]
* = host=127.0.0.1 port={cluster.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir =
auth_type = trust
auth_file = {self.folder}/users
pool_mode = transaction
default_pool_size = {server_connections}
ignore_startup_parameters = {ignore_startup_parameters}
""")
        if os.geteuid() == 0:
            for path in [self.folder, *self.folder.iterdir()]:
                shutil.chown(path, "postgres", "postgres")
        with open(self.folder / "log", "wb") as output:
            self.process = subprocess.Popen(as_server_user([program(), str(self.folder / "pooler.ini")]), cwd="/",
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def wait_ready(self, timeout=20):
        """Until it accepts connections."""
        deadline = time.monotonic() + timeout
        while True:
            assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self

    def url(self, database):
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}?pgbouncer=true"

    def sql(self, statement, database):
        """Runs SQL through it and answers its rows as text."""
        return psql(self.port, database, statement)

    def reload(self):
        """Returns when it has taken its file anew."""
        before = (self.folder / "log").stat().st_size
        self.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 20
        while b"re-reading config" not in (self.folder / "log").read_bytes()[before:]:
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.01)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)
