"""Keys and proofs that change while the server runs, with its usual memory for keys."""

import json

import pytest

from support.api import App, expect_error
from support.tokens import access_token


def command(server, *words):
    finished = server.command("apps", *words)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


@pytest.fixture
def own_app(module_server):
    server = module_server()
    return server, server.create_app()


def test_a_key_replaced_without_overlap_is_refused_by_the_next_request_and_its_sockets_end(own_app, sockets):
    server, old = own_app
    api = server.api(old)
    conversation = api.open()["id"]
    opened = [sockets.client(server, api), sockets.legacy(server, api),
              sockets.admin(server, old, token=old.key), sockets.legacy_admin(server, old, token=old.key)]
    stays = [sockets.admin(server, old), sockets.legacy_admin(server, old)]
    other = sockets.client(server, server.api(server.create_app()))

    made = command(server, "rotate-key", old.id, "--overlap", "0s", "--json")
    expect_error(api.post("/conversations", {}), 403, "INVALID_APP_ID")
    for socket in opened:
        socket.wait_closed()
    new = server.api(App(old.id, made["api_key"]), device=api.device)
    assert new.open()["id"] == conversation
    sockets.client(server, new).join(conversation)
    for socket in (*stays, other):
        socket.fence()


def test_an_overlap_leaves_the_old_key_and_sockets_alone(own_app, sockets):
    server, old = own_app
    client = sockets.client(server, server.api(old))
    new = App(old.id, command(server, "rotate-key", old.id, "--overlap", "1h", "--json")["api_key"])
    for app in (old, new):
        server.api(app).open()
    client.fence()


def test_proofs_that_become_required_end_the_sockets_of_those_who_showed_none(own_app, sockets):
    """Not those of agents, who came by the key or a token: neither has changed."""
    server, app = own_app
    clients = [sockets.client(server, server.api(app)), sockets.legacy(server, server.api(app))]
    agents = [sockets.admin(server, app, token=access_token(app)), sockets.admin(server, app, token=app.key),
              sockets.legacy_admin(server, app, token=app.key)]
    command(server, "identity", app.id, "optional", "--json")
    for socket in clients:
        socket.fence()
    command(server, "identity", app.id, "required", "--json")
    for socket in clients:
        socket.wait_closed()
    for socket in agents:
        socket.fence()
    # Such a key still ends with its replacement.
    command(server, "rotate-key", app.id, "--overlap", "0s", "--json")
    for socket in agents[1:]:
        socket.wait_closed()
    agents[0].fence()
