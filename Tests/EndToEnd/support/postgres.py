"""A PostgreSQL server of the tests' own: in a temporary folder, on a free port, run by a user without privileges."""

import os
import pathlib
import pwd
import select
import shutil
import signal
import subprocess
import tempfile
import uuid

import pytest

from .ports import free_port


def programs():
    """The folder of the server's programs, the newest version first."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"),
                   key=lambda path: int(path.parts[-3]), reverse=True)
    if found:
        return found[0].parent
    path = shutil.which("postgres")
    assert path, "PostgreSQL's server programs are missing: scripts/setup --test installs them"
    return pathlib.Path(path).resolve().parent


def as_server_user(command):
    """PostgreSQL refuses to run as root; Debian's package brings a user for it."""
    if os.geteuid() != 0:
        return command
    user = pwd.getpwnam("postgres")
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *command]


def psql(port, database, statement):
    """Runs SQL by way of a port of this machine and answers its rows as text."""
    finished = subprocess.run(
        ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres",
         "-d", database, "-c", statement],
        capture_output=True, text=True, timeout=60)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


class PostgresCluster:
    """One server. The loopback needs no password; each test takes a database of its own."""

    def __init__(self):
        # Not pytest's folder: that is closed to other users.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="replyhq-pg-", dir="/tmp"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self.data = self.folder / "data"
        self.port = free_port()

    def create(self, **settings):
        self.run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.configure(max_connections="200", shared_buffers="32MB", listen_addresses="127.0.0.1", **settings)
        return self

    def copy_of(self, primary):
        """Makes this a standby of another cluster."""
        self.run("pg_basebackup", "-D", self.data, "-h", "127.0.0.1", "-p", primary.port, "-U", "postgres", "-R",
                 "-X", "stream", "-c", "fast")
        return self

    def configure(self, **settings):
        """Appends settings, which the next start or reload takes."""
        path = self.data / "postgresql.conf"
        lines = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        path.write_text(path.read_text() + lines)

    def start(self):
        options = f"-p {self.port} -k {self.folder}"
        self.run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "-t", "60", "-o", options, "start")
        return self

    def stop(self, mode="fast"):
        if self.pid is not None:
            self.run("pg_ctl", "-D", self.data, "-m", mode, "-w", "-t", "60", "stop")

    def kill(self):
        """As the kernel does when memory runs out; the children find out and end by themselves."""
        children = self.children()
        os.kill(self.pid, signal.SIGKILL)
        # The next start refuses while one of them holds the old memory.
        for child in children:
            wait_gone(child)
        # As after a power cut: the dead process may stay in the table for a while, and the next start would mind.
        for left in [self.data / "postmaster.pid", *self.folder.glob(".s.PGSQL.*")]:
            left.unlink(missing_ok=True)

    def freeze(self, frozen=True):
        """Stops every process in its tracks: connections stay, and nobody answers."""
        for process in [self.pid, *self.children()]:
            os.kill(process, signal.SIGSTOP if frozen else signal.SIGCONT)

    def reload(self):
        self.run("pg_ctl", "-D", self.data, "reload")

    def promote(self):
        self.run("pg_ctl", "-D", self.data, "-w", "-t", "60", "promote")

    def remove(self):
        try:
            if self.pid is not None:
                self.freeze(False)
                self.stop("immediate")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self):
        """The server's first process; None when it does not run."""
        try:
            return int((self.data / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError):
            return None

    def children(self):
        return [int(child) for child in pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def run(self, program, *arguments):
        command = as_server_user([str(programs() / program), *map(str, arguments)])
        # A file rather than a pipe: the server inherits it and would keep a pipe open.
        with tempfile.TemporaryFile() as output:
            code = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                  timeout=90).returncode
            output.seek(0)
            assert code == 0, f"{program} ended with {code}: {output.read().decode(errors='replace')}{self.log[-2000:]}"

    @property
    def log(self):
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    # Databases

    def create_database(self, options=""):
        """A fresh database; answers its name."""
        name = f"t{uuid.uuid4().hex[:16]}"
        self.sql(f"CREATE DATABASE {name} {options}", "postgres")
        return name

    def url(self, database):
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def sql(self, statement, database):
        """Runs SQL and answers its rows as text."""
        return psql(self.port, database, statement)


def wait_gone(pid):
    """Returns when a process that is not our child has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        readable, _, _ = select.select([descriptor], [], [], 20)
        assert readable, f"process {pid} does not end"
    finally:
        os.close(descriptor)


class SharedCluster:
    """The cluster of a test run, made when it is first asked for."""

    def __init__(self):
        self.cluster = None

    def get(self):
        if self.cluster is None:
            cluster = PostgresCluster()
            try:
                self.cluster = cluster.create().start()
            except BaseException:
                cluster.remove()
                raise
        return self.cluster

    def remove(self):
        if self.cluster is not None:
            self.cluster.remove()
            self.cluster = None


SHARED = SharedCluster()


@pytest.fixture
def postgres():
    """The cluster that tests share which do not harm it."""
    return SHARED.get()


@pytest.fixture
def own_postgres():
    """Makes clusters that a test may stop, kill and freeze: `own_postgres()` or `own_postgres(copy_of=primary)`."""
    clusters = []

    def make(copy_of=None, **settings):
        cluster = PostgresCluster()
        clusters.append(cluster)
        if copy_of is None:
            return cluster.create(**settings).start()
        return cluster.copy_of(copy_of).start()

    try:
        yield make
    finally:
        for cluster in clusters:
            cluster.remove()
