"""The real server as a child process, with its own folder, configuration file and port."""

import json
import os
import pathlib
import queue
import re
import signal
import subprocess
import threading
import urllib.parse

import requests

from .api import Api, App
from .postgres import SHARED

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
BINARY = pathlib.Path(os.environ.get("REPLYHQ_TEST_BINARY", REPOSITORY / ".build/debug/replyhq"))
JWT_SECRET = "an-access-token-secret-for-the-tests-only-0123456789"
MASTER_KEY = "a-master-key-for-the-tests-only"
READY = re.compile(r"replyhq is listening on (https?)://([^:/]+|\[[^]]+\]):(\d+)")

# Variables by which the surroundings of a test run could change what a server does.
FOREIGN = ("PORT", "LOG_LEVEL", "NODE_ENV", "ALLOWED_ORIGINS", "MASTER_API_KEY", "JWT_SECRET", "BASE_URL",
           "DATABASE_URL", "REDIS_URL", "SENTRY_DSN", "FIREBASE_SERVICE_ACCOUNT_JSON")


def environment(**changes):
    """This process's environment without anything that would configure a server, plus `changes`."""
    kept = {name: value for name, value in os.environ.items()
            if name not in FOREIGN and not name.startswith("REPLYHQ_")}
    kept.update(changes)
    return kept


STORE = "sqlite"


def use_store(name):
    """Decides what the servers of this test run keep their data in."""
    global STORE
    STORE = name


def store(name=None):
    """The entry of a store's plugin: a file in the server's folder, or a database of its own."""
    if (name or STORE) == "sqlite":
        return {"SQLite": {"path": "replyhq.db"}}
    cluster = SHARED.get()
    return {"Postgres": {"url": cluster.url(cluster.create_database())}}


def configuration(*, settings=None, server=None, shutdown=None, log=None, plugins=None, **other):
    """A configuration as a dictionary: every plugin of config/development.yaml, with limits that would disturb tests
    lifted. `settings` maps a plugin's name to what it changes in that plugin's settings."""
    defaults = {
        **store(),
        "Chat": {},
        "Presence": {"offline_grace": "300ms"},
        "SocketIO": {},
        "LegacyWS": {},
        "Rest": {"message_rate": 0, "device_rate": 0, "ip_rate": 0},
        "Admin": {"client_key_login": True, "setup_rate": 0},
    }
    for name, changes in (settings or {}).items():
        defaults.setdefault(name, {}).update(changes)
    listed = plugins if plugins is not None else [
        {"name": name, "settings": values} if values else {"name": name} for name, values in defaults.items()]
    return {
        "environment": "development",
        "server": {"host": "127.0.0.1", "port": 0, "event_loops": 2, **(server or {})},
        "log": {"level": "info", "format": "json", **(log or {})},
        "shutdown": {"deadline": "10s", "notice": "0s", "min_reconnect": "1s", "max_reconnect": "10s",
                     **(shutdown or {})},
        "plugins": listed,
        **other,
    }


class Server:
    """One server. `start` returns when it is ready; `stop` asserts that it went in good order.

    `launcher` is the beginning of its command line: a program that makes its surroundings and becomes it."""

    def __init__(self, folder, config=None, *, binary=BINARY, variables=None, launcher=()):
        self.folder = pathlib.Path(folder)
        self.binary = binary
        self.launcher = launcher
        if isinstance(config, pathlib.Path):
            self.config_path = config
        else:
            self.config_path = self.folder / "replyhq.yaml"
            # JSON is YAML.
            self.config_path.write_text(json.dumps(config if config is not None else configuration(), indent=2))
        self.variables = {"JWT_SECRET": JWT_SECRET, "MASTER_API_KEY": MASTER_KEY, **(variables or {})}
        self.process = None
        self.output = []
        self.lines = queue.Queue()
        self.log_lines = []
        self._log_grew = threading.Condition()
        self._readers = []
        self.url = None

    # Life

    def spawn(self):
        """Starts the process without waiting for it to serve."""
        assert self.binary.exists(), f"build the server first: {self.binary} is missing"
        self.output = []
        self.lines = queue.Queue()
        self.process = subprocess.Popen(
            [*self.launcher, str(self.binary), "serve", "--config", str(self.config_path)],
            cwd=self.folder, env=environment(**self.variables),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._readers = [threading.Thread(target=read, args=(self.process,), daemon=True)
                         for read in (self._read, self._read_log)]
        for reader in self._readers:
            reader.start()
        return self

    def start(self, timeout=30):
        self.spawn()
        while True:
            line = self.lines.get(timeout=timeout)
            assert line is not None, f"the server ended with {self.wait_end(5)}:\n{self.log}"
            if match := READY.search(line):
                self.url = f"{match[1]}://{match[2]}:{match[3]}"
                return self

    def _read(self, process):
        for line in process.stdout:
            self.output.append(line.decode(errors="replace").rstrip("\n"))
            self.lines.put(self.output[-1])
        self.lines.put(None)

    def _read_log(self, process):
        for line in process.stderr:
            with self._log_grew:
                self.log_lines.append(line.decode(errors="replace").rstrip("\n"))
                self._log_grew.notify_all()

    def wait_log(self, text, timeout=10):
        """Returns when a log line holds `text`."""
        with self._log_grew:
            found = self._log_grew.wait_for(lambda: any(text in line for line in self.log_lines), timeout)
        assert found, f"no log line says {text!r}:\n{self.log[-4000:]}"

    def wait_end(self, timeout=20):
        """The exit code, when the process has ended and all it said was read."""
        code = self.process.wait(timeout)
        for reader in self._readers:
            reader.join(5)
        return code

    def stop(self, timeout=20):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.wait_end(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not stop within {timeout} s:\n{self.log[-4000:]}")
        assert code == 0, f"the server ended with {code}:\n{self.log[-4000:]}"

    def kill(self):
        """Ends the process as a power cut would."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            # Its last words must not reach the lines of the next process.
            self.wait_end(10)

    # Facts

    @property
    def port(self):
        return urllib.parse.urlsplit(self.url).port

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_running(self):
        return self.process.poll() is None

    @property
    def log(self):
        with self._log_grew:
            return "\n".join(self.log_lines)

    def websocket(self, path="/v1/socket.io/", query="EIO=4&transport=websocket"):
        scheme = "wss" if self.url.startswith("https") else "ws"
        return f"{scheme}://{urllib.parse.urlsplit(self.url).netloc}{path}" + (f"?{query}" if query else "")

    # Use

    def command(self, *arguments, timeout=30, launcher=None, **variables):
        """Runs the binary with this server's configuration: `server.command("apps", "list")`."""
        return run(*arguments, "--config", str(self.config_path), folder=self.folder, timeout=timeout,
                   binary=self.binary, launcher=self.launcher if launcher is None else launcher,
                   **{**self.variables, **variables})

    def create_app(self, name="An app"):
        answer = requests.post(f"{self.url}/setup/api/apps", json={"name": name}, timeout=10,
                               headers={"X-Master-API-Key": MASTER_KEY})
        assert answer.status_code == 200, answer.text
        app = answer.json()["app"]
        return App(app["id"], app["api_key"])

    def api(self, app=None, device=None, **options):
        return Api(self.url, app or self.create_app(), device, **options)


def run(*arguments, folder, timeout=30, binary=BINARY, launcher=(), **variables):
    """Runs the binary and answers the finished process, output as text."""
    assert binary.exists(), f"build the server first: {binary} is missing"
    return subprocess.run([*launcher, str(binary), *arguments], cwd=folder, env=environment(**variables), timeout=timeout,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
