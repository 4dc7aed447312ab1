"""Fixtures: servers that stop by SIGTERM and must end with 0, and sockets that are closed after each test."""

import os
import subprocess
import urllib.parse

import pytest

from support.firebase import certificates, firebase, nginx, nio  # noqa: F401: fixtures
from support.legacy import Legacy, client_query
from support.postgres import SHARED, own_postgres, postgres  # noqa: F401: fixtures
from support.redis import redis  # noqa: F401: fixture
from support.server import Server, configuration, use_store
from support.sockets import Namespace, RawSocketIO
from support.stock import StockClient
from support.tls import certificate  # noqa: F401: fixture
from support.tokens import access_token

# No proxy of the surroundings stands between the clients and a server on this machine.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"


def pytest_addoption(parser):
    parser.addoption("--store", choices=["sqlite", "postgres"], default="sqlite", help="what servers keep their data in")


def pytest_configure(config):
    use_store(config.getoption("--store"))


def left_out():
    """The marks of tests that this user cannot run here: neither root nor its rights can be installed."""
    if os.geteuid() != 0:
        return ["root"]
    tried = subprocess.run(["unshare", "--mount", "--net", "mount", "-t", "tmpfs", "replyhq-test", "/run"],
                           capture_output=True)
    return [] if tried.returncode == 0 else ["namespaces"]


def pytest_report_header(config):
    return f"user: {os.geteuid()}" + "".join(f"; tests marked {mark} are left out" for mark in left_out())


def pytest_collection_modifyitems(config, items):
    marks = left_out()
    unable = [item for item in items if any(item.get_closest_marker(mark) for mark in marks)]
    items[:] = [item for item in items if item not in unable]
    config.hook.pytest_deselected(items=unable)


def pytest_unconfigure():
    SHARED.remove()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The server that most tests share; each test makes an app of its own on it."""
    server = Server(tmp_path_factory.mktemp("server")).start()
    try:
        yield server
        server.stop()
    finally:
        server.kill()


@pytest.fixture(scope="module")
def module_server(tmp_path_factory):
    """Makes servers that live as long as the module: `module_server(settings={...})`."""
    yield from _servers(tmp_path_factory)


@pytest.fixture
def own_server(tmp_path_factory):
    """Makes servers that live as long as the test."""
    yield from _servers(tmp_path_factory)


def _servers(tmp_path_factory):
    servers = []

    def make(config=None, *, start=True, variables=None, folder=None, launcher=(), **changes):
        folder = folder or tmp_path_factory.mktemp("server")
        server = Server(folder, config or configuration(**changes), variables=variables, launcher=launcher)
        servers.append(server)
        return server.start() if start else server

    try:
        yield make
        for server in servers:
            server.stop()
    finally:
        for server in servers:
            server.kill()


@pytest.fixture
def app(server):
    return server.create_app()


@pytest.fixture
def api(server, app):
    """A device of a fresh app."""
    return server.api(app)


class Sockets:
    """Opens sockets of every kind and closes them; no frame of any of them may hold a null."""

    def __init__(self):
        self.opened = []

    def raw(self, server, path="/v1/socket.io/", **options):
        return self._keep(RawSocketIO(server.websocket(path), **options))

    def namespace(self, server, namespace, auth, path="/v1/socket.io/", **options):
        return self._keep(Namespace(server.websocket(path), namespace, auth, **options))

    def client(self, server, api, **options):
        return self.namespace(server, "/client", api.auth, **options)

    def admin(self, server, app, token=None, **options):
        auth = {"app_id": app.id, "admin_token": token or access_token(app)}
        return self.namespace(server, "/admin", auth, **options)

    def stock_client(self, server, api, **options):
        return self._keep(StockClient(server.url, "/client", api.auth, **options))

    def stock_admin(self, server, app, token=None, **options):
        auth = {"app_id": app.id, "admin_token": token or access_token(app)}
        return self._keep(StockClient(server.url, "/admin", auth, **options))

    def legacy(self, server, api, path="/v1/realtime", headers=None, **changes):
        """An old client; `changes` replace parameters of the query, and remove them where they are None."""
        return self._keep(Legacy(server.websocket(path, client_query(api, **changes)), headers=headers))

    def legacy_admin(self, server, app, token=None, **changes):
        query = {"app_id": app.id, "admin_token": token or access_token(app), **changes}
        query = urllib.parse.urlencode({name: value for name, value in query.items() if value is not None})
        return self._keep(Legacy(server.websocket("/admin/realtime", query)))

    def _keep(self, socket):
        self.opened.append(socket)
        return socket

    def close(self):
        for socket in self.opened:
            socket.close()
        for socket in self.opened:
            if isinstance(socket, (RawSocketIO, Legacy)):
                assert not socket.violations, f"nulls on a socket: {socket.violations}"


@pytest.fixture
def sockets():
    sockets = Sockets()
    yield sockets
    sockets.close()
