"""A Redis server of the tests' own: on a free port, in a temporary folder, without anything on disk."""

import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest

from .ports import free_port


class RedisServer:
    def __init__(self, arguments=(), port=None):
        self.arguments = list(arguments)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="replyhq-redis-", dir="/tmp"))
        self.port = port or free_port()
        self.process = None

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def plugin_settings(self):
        return {"url": self.url}

    def start(self):
        """Starts it, always empty, and returns when it answers."""
        program = shutil.which("redis-server")
        assert program, "redis-server is missing: scripts/setup --test installs it"
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                 "--dir", str(self.folder), "--daemonize", "no", *self.arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 10
        while True:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            try:
                assert self.command("PING") == b"+PONG\r\n"
                return self
            except OSError:
                assert time.monotonic() < end, "redis-server does not answer"

    def command(self, *words):
        """Sends one command and answers the first bytes of the reply."""
        parts = [f"*{len(words)}\r\n", *(f"${len(word.encode())}\r\n{word}\r\n" for word in words)]
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall("".join(parts).encode())
            return connection.recv(65536)

    def ok(self, *words):
        answer = self.command(*words)
        assert answer == b"+OK\r\n", answer

    def listeners(self, channel):
        """How many nodes hear a channel."""
        return int(self.command("PUBSUB", "NUMSUB", channel).rsplit(b":", 1)[1])

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def freeze(self, frozen=True):
        """Its connections stay, and nobody answers."""
        self.process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def remove(self):
        if self.process is not None and self.process.poll() is None:
            self.freeze(False)
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def redis():
    """A server that is removed after the test."""
    server = RedisServer()
    try:
        yield server.start()
    finally:
        server.remove()
