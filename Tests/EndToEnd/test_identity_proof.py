"""Proofs of identity, which an app may ask for: a secret for each device, a signed token for each user."""

import hashlib
import hmac
import json

import pytest

from support.api import expect_error, new_id


@pytest.fixture(scope="module")
def proving(module_server):
    """A server that follows a switch at once."""
    return module_server(settings={"Chat": {"key_cache_positive": "0s"}})


class Proving:
    """An app whose proofs the test switches."""

    def __init__(self, server):
        self.server = server
        self.app = server.create_app()
        self.secret = None

    def switch(self, mode, *options):
        finished = self.server.command("apps", "identity", self.app.id, mode, "--json", *options)
        assert finished.returncode == 0, finished.stderr
        answer = json.loads(finished.stdout)
        assert (answer["id"], answer["identity"]) == (self.app.id, mode)
        self.secret = answer.get("identity_secret", self.secret)
        return answer

    def token(self, user):
        """As the app's own backend makes it."""
        return hmac.new(self.secret.encode(), user.encode(), hashlib.sha256).hexdigest()

    def device(self, device=None, *, secret=None, token=None):
        api = self.server.api(self.app, device)
        if secret:
            api.session.headers["X-Device-Secret"] = secret
        if token:
            api.session.headers["X-User-Token"] = token
        return api


@pytest.fixture
def proofs(proving):
    return Proving(proving)


def connect(sockets, server, api, **proof):
    raw = sockets.namespace(server, "/client", None, connect=False)
    raw.ask({**api.auth, **proof})
    return raw.next()


def test_nothing_changes_for_an_app_that_asks_for_nothing(proofs, proving, sockets):
    api = proofs.device(secret="whatever", token="whatever")
    api.send(api.open(user={"id": "ada"})["id"], "Hi")
    other = proofs.device(api.device)
    assert other.post("/conversations", {}).status_code == 200
    assert connect(sockets, proving, other, device_secret="x", user_token="y").startswith('40/client,{"sid"')


def test_whoever_learns_a_device_id_does_not_read_its_chat(proofs, proving, sockets):
    proofs.switch("required")
    secret = new_id()
    api = proofs.device(secret=secret)
    conversation = api.open()["id"]
    api.send(conversation, "Between us")

    for stolen in (proofs.device(api.device), proofs.device(api.device, secret=new_id())):
        expect_error(stolen.get(f"/conversations/{conversation}/messages"), 403, "INVALID_DEVICE_SECRET",
                     "Invalid device secret")
        expect_error(stolen.post("/conversations", {}), 403, "INVALID_DEVICE_SECRET")
        expect_error(stolen.get("/nothing"), 403, "INVALID_DEVICE_SECRET")
    for proof in ({}, {"device_secret": new_id()}, {"device_secret": 7}, {"device_secret": ""}):
        assert connect(sockets, proving, api, **proof) == '44/client,{"message":"INVALID_CREDENTIALS"}'

    assert [message["body"] for message in api.list(conversation)["messages"]] == ["Between us"]
    assert connect(sockets, proving, api, device_secret=secret).startswith('40/client,{"sid"')


def test_nobody_speaks_as_a_user_without_that_users_token(proofs):
    answer = proofs.switch("required")
    assert len(answer["identity_secret"]) == 43
    ada = proofs.device(secret=new_id(), token=proofs.token("ada"))
    ada.identify({"id": "ada"})
    assert ada.open(user={"id": "ada"})["status"] == "open"
    for token in (None, proofs.token("ada")):
        eve = proofs.device(secret=new_id(), token=token)
        for path in ("/identify", "/conversations"):
            expect_error(eve.post(path, {"user": {"id": "bob"}}), 403, "INVALID_USER_TOKEN", "Invalid user token")
        assert eve.post("/conversations", {}).status_code == 200


def test_a_device_that_has_a_user_is_not_taken_over_when_proofs_are_switched_on(proofs, proving, sockets):
    before = proofs.device()
    conversation = before.open(user={"id": "ada"})["id"]
    proofs.switch("required")
    thief, owner = new_id(), new_id()
    for token in (None, "00", proofs.token("eve")):
        stolen = proofs.device(before.device, secret=thief, token=token)
        expect_error(stolen.get(f"/conversations/{conversation}/messages"), 403, "INVALID_USER_TOKEN")
    assert connect(sockets, proving, before, device_secret=thief) == '44/client,{"message":"INVALID_CREDENTIALS"}'
    proof = {"device_secret": owner, "user_token": proofs.token("ada")}
    assert connect(sockets, proving, before, **proof).startswith('40/client,{"sid"')
    # From now on the secret is enough.
    assert proofs.device(before.device, secret=owner).list(conversation)["messages"] == []
    expect_error(proofs.device(before.device, secret=thief, token=proofs.token("ada")).post("/conversations", {}),
                 403, "INVALID_DEVICE_SECRET")


def test_while_proofs_are_optional_old_clients_go_on_and_new_ones_are_bound(proofs):
    proofs.switch("optional")
    old = proofs.device()
    old.open(user={"id": "bob"})
    new = proofs.device(secret=new_id(), token=proofs.token("ada"))
    new.open(user={"id": "ada"})
    expect_error(proofs.device(new.device).post("/conversations", {}), 403, "INVALID_DEVICE_SECRET")
    wrong = proofs.device(token=proofs.token("eve"))
    expect_error(wrong.post("/identify", {"user": {"id": "ada"}}), 403, "INVALID_USER_TOKEN")


def test_the_secret_is_shown_once_renewed_on_request_and_forgotten_with_off(proofs):
    assert "identity_secret" in proofs.switch("optional")
    first = proofs.secret
    assert "identity_secret" not in proofs.switch("required")
    token = proofs.token("ada")
    assert "identity_secret" in proofs.switch("required", "--new-secret")
    assert proofs.secret != first
    api = proofs.device(secret=new_id(), token=token)
    expect_error(api.post("/identify", {"user": {"id": "ada"}}), 403, "INVALID_USER_TOKEN")
    assert "identity_secret" not in proofs.switch("off")
    assert proofs.device().post("/identify", {"user": {"id": "ada"}}).status_code == 200


@pytest.mark.parametrize("arguments, code, text", [
    (("no-such-app", "required"), 1, 'there is no app "no-such-app"'),
    (("x", "perhaps"), 64, "perhaps"),
    (("x", "off", "--new-secret"), 64, "there is no secret when proofs are off")])
def test_a_wrong_command_says_what_is_wrong(proving, arguments, code, text):
    finished = proving.command("apps", "identity", *arguments)
    assert finished.returncode == code
    assert text in finished.stderr


def test_a_database_from_before_proofs_gets_its_column_and_keeps_its_devices(own_server, tmp_path_factory):
    """The first schema's rows are taken over by the second's."""
    import sqlite3
    folder = tmp_path_factory.mktemp("old")
    server = own_server(folder=folder)
    api = server.api(server.create_app())
    conversation = api.open()["id"]
    server.stop()
    database = sqlite3.connect(folder / "replyhq.db")
    database.execute("ALTER TABLE devices DROP COLUMN secret_hash")
    database.execute("DELETE FROM schema_migrations WHERE version = 2")
    database.commit()
    database.close()
    server.start()
    again = server.api(api.app, api.device)
    assert again.open()["id"] == conversation
