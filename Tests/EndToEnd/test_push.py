"""Pushes, from an agent's answer to Firebase: two real HTTP/2 servers over TLS stand in for it."""

import base64
import contextlib
import json
import sqlite3
import subprocess
import time
import uuid

import pytest

from support.firebase import KINDS
from support.outbox import fill, on_file, wait_settled
from support.server import configuration
from support.shop import QUICK, Shop, unique


@pytest.fixture
def shop(own_server, firebase):
    return Shop(own_server(settings={"Push": dict(QUICK), "FCM": firebase.settings()}))


def sdk_reads(payload):
    """What the SDK finds in a push, by its own list of keys; the first match wins."""
    def first(data, keys):
        return next((data[key] for key in keys if data.get(key)), None)
    data = payload["message"]["data"]
    assert all(isinstance(value, str) for value in data.values()), data
    return {"title": first(data, ["title", "notification_title", "aps.alert.title"]),
            "body": first(data, ["body", "message", "alert", "text", "aps.alert.body"]),
            "conversation": first(data, ["conversation_id", "conversationId"]),
            "message": first(data, ["message_id", "messageId"]),
            "sender": first(data, ["sender_type", "senderType"])}


def test_an_agents_answer_reaches_a_device_that_is_away(shop, firebase):
    token = unique("ok")
    api, conversation = shop.phone(token)
    api.send(conversation, "Is anybody there?")
    message = shop.answer(api, conversation, "Yes, Ada 👋")
    [push] = firebase.wait_to(token)
    assert push["path"] == "/v1/projects/shop-1/messages:send" and push["authorization"] == "Bearer access-1"
    assert sdk_reads(push["payload"]) == {
        "title": "New message", "body": "Yes, Ada 👋", "conversation": conversation, "message": message,
        "sender": "agent"}
    whole = push["payload"]["message"]
    # The SDK draws it only when there is no part for the system to draw.
    assert "notification" not in whole and whole["android"]["priority"] == "HIGH"
    assert whole["apns"]["payload"]["aps"]["alert"] == {"title": "New message", "body": "Yes, Ada 👋"}
    assert len(firebase.pushes) == 1, "what a user writes is not pushed"


def test_the_access_token_is_asked_for_once_with_a_signed_assertion(shop, firebase, certificates, tmp_path):
    phones = [shop.phone(unique("ok")) for _ in range(5)]
    for api, conversation in phones:
        shop.answer(api, conversation)
    firebase.wait(lambda f: len(f.pushes) == 5)
    [form] = firebase.token_requests
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    header, claims, signature = form["assertion"][0].split(".")

    def decode(part):
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    assert json.loads(decode(header)) == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert json.loads(decode(claims))["aud"] == f"{firebase.endpoint}/token"
    (tmp_path / "signature").write_bytes(decode(signature))
    (tmp_path / "text").write_text(f"{header}.{claims}")
    done = subprocess.run(["openssl", "dgst", "-sha256", "-prverify", certificates.folder / "account.key", "-signature",
                           tmp_path / "signature", tmp_path / "text"], capture_output=True, text=True)
    assert "Verified OK" in done.stdout


def test_a_connected_device_is_not_pushed_to(own_server, firebase, sockets, tmp_path_factory):
    folder = tmp_path_factory.mktemp("online")
    shop = Shop(own_server(config=on_file(settings={"Push": dict(QUICK), "FCM": firebase.settings()}), folder=folder))
    online, away = unique("ok"), unique("ok")
    api, conversation = shop.phone(online)
    socket = sockets.client(shop.server, api)
    message = shop.answer(api, conversation)
    other, elsewhere = shop.phone(away)
    shop.answer(other, elsewhere)
    firebase.wait_to(away)
    # Looked at twice, and still connected.
    assert wait_settled(folder, message) == ("cancelled", "the device is connected")
    assert firebase.to(online) == []
    socket.close()


def test_a_device_that_went_away_without_a_word_is_pushed_to(own_server, nio, sockets):
    shop = Shop(own_server(settings={"Push": {**QUICK, "recheck": "6s"}, "FCM": nio.settings()}))
    token = unique("ok")
    api, conversation = shop.phone(token)
    socket = sockets.client(shop.server, api)
    message = shop.answer(api, conversation)
    socket.close()
    [push] = nio.wait_to(token)
    assert sdk_reads(push["payload"])["message"] == message


def test_a_message_that_was_delivered_in_time_is_not_pushed(own_server, nio):
    shop = Shop(own_server(settings={"Push": {**QUICK, "window": "6s"}, "FCM": nio.settings()}))
    told, silent = unique("ok"), unique("ok")
    api, conversation = shop.phone(told)
    message = shop.answer(api, conversation)
    api.ok(api.post(f"/conversations/{conversation}/messages/delivered", {"message_ids": [message]}))
    other, elsewhere = shop.phone(silent)
    shop.answer(other, elsewhere)
    nio.wait_to(silent)
    assert nio.to(told) == []


def test_a_device_that_comes_before_it_leaves_cancels_it(own_server, nio, sockets):
    shop = Shop(own_server(settings={"Push": {**QUICK, "window": "6s"}, "FCM": nio.settings()}))
    came, away = unique("ok"), unique("ok")
    api, conversation = shop.phone(came)
    shop.answer(api, conversation)
    sockets.client(shop.server, api).close()
    other, elsewhere = shop.phone(away)
    shop.answer(other, elsewhere)
    nio.wait_to(away)
    assert nio.to(came) == []


@pytest.mark.parametrize("token, tries, is_kept", [
    ("status/404/UNREGISTERED", 1, False),
    ("status/404", 1, True),
    ("status/400/INVALID_ARGUMENT", 1, False),
    ("status/400", 1, True),
    ("status/403/SENDER_ID_MISMATCH", 1, False),
    ("status/401/THIRD_PARTY_AUTH_ERROR", 1, True),
    ("status/500", 5, True),
    ("once/500", 2, True),
    ("once/503", 2, True),
    ("once/429", 2, True),
    ("once/401", 2, True),
])
def test_each_answer_has_its_consequence(shop, firebase, token, tries, is_kept):
    token = unique(token)
    api, conversation = shop.phone(token)
    shop.answer(api, conversation)
    firebase.wait_to(token, tries)
    # What follows shows that nothing more came of it: a second message to the same device, or none without its token.
    later = unique("ok")
    other, elsewhere = shop.phone(later)
    shop.answer(other, elsewhere)
    firebase.wait_to(later)
    assert len(firebase.to(token)) == tries
    shop.answer(api, conversation, "Again")
    if is_kept:
        firebase.wait_to(token, tries + 1)
    else:
        last = unique("ok")
        other, elsewhere = shop.phone(last)
        shop.answer(other, elsewhere)
        firebase.wait_to(last)
        assert len(firebase.to(token)) == tries
    if token.startswith("once/401"):
        assert len(firebase.token_requests) == 2


def test_retry_after_is_honoured(shop, firebase):
    token = unique("once/503")
    api, conversation = shop.phone(token)
    began = time.monotonic()
    shop.answer(api, conversation)
    firebase.wait_to(token, 2)
    assert time.monotonic() - began > 1, "the answer asked for one second"


@pytest.mark.parametrize("verb", ["rst", "goaway"])
def test_a_broken_connection_costs_nothing(shop, firebase, verb):
    broken = [unique(verb) for _ in range(3)]
    whole = [unique("ok") for _ in range(20)]
    for token in [*broken, *whole]:
        api, conversation = shop.phone(token)
        shop.answer(api, conversation)
    for token in broken:
        first, second = firebase.wait_to(token, 2)
        assert first["payload"]["message"]["data"] == second["payload"]["message"]["data"]
    for token in whole:
        firebase.wait_to(token)


def test_an_answer_that_breaks_off_after_its_status_counts(own_server, firebase, tmp_path_factory):
    folder = tmp_path_factory.mktemp("half")
    shop = Shop(own_server(config=on_file(settings={"Push": dict(QUICK), "FCM": firebase.settings()}), folder=folder))
    token = unique("half")
    api, conversation = shop.phone(token)
    assert wait_settled(folder, shop.answer(api, conversation)) == ("sent", "HTTP 200")
    firebase.wait_to(token)
    assert len(firebase.to(token)) == 1, "again, it would be shown twice"


def test_a_server_that_hangs_delays_only_what_it_holds(own_server, nio):
    shop = Shop(own_server(settings={"Push": dict(QUICK), "FCM": nio.settings(timeout="8s")}))
    hanging, quick = unique("hang"), unique("ok")
    api, conversation = shop.phone(hanging)
    shop.answer(api, conversation)
    nio.wait_to(hanging)
    began = time.monotonic()
    other, elsewhere = shop.phone(quick)
    shop.answer(other, elsewhere)
    nio.wait_to(quick)
    assert time.monotonic() - began < 7
    nio.wait_to(hanging, 2, timeout=40)


def test_a_firebase_that_was_away_gets_everything(own_server, firebase):
    shop = Shop(own_server(settings={"Push": {**QUICK, "retry_delay": "500ms"},
                                     "FCM": firebase.settings(timeout="500ms")}))
    first = unique("ok")
    api, conversation = shop.phone(first)
    shop.answer(api, conversation)
    firebase.wait_to(first)
    firebase.pause()
    tokens = [unique("ok") for _ in range(10)]
    for token in tokens:
        api, conversation = shop.phone(token)
        shop.answer(api, conversation)
    shop.server.wait_log("Plugin is degraded", timeout=20)
    firebase.go_on()
    for token in tokens:
        firebase.wait_to(token, timeout=40)


def test_an_expired_certificate_is_not_trusted(own_server, certificates):
    firebase = KINDS["nio"](certificates, "expired.pem").start()
    try:
        shop = Shop(own_server(settings={"Push": dict(QUICK), "FCM": firebase.settings()}))
        api, conversation = shop.phone(unique("ok"))
        shop.answer(api, conversation)
        shop.server.wait_log("certificate has expired")
        assert firebase.lines == []
    finally:
        firebase.stop()


def test_apples_own_tokens_are_not_sent_to_firebase(shop, firebase):
    api, conversation = shop.phone("0123456789abcdef" * 4, "ios")
    shop.answer(api, conversation)
    token = unique("ok")
    other, elsewhere = shop.phone(token, "ios")
    shop.answer(other, elsewhere)
    firebase.wait_to(token)
    assert len(firebase.pushes) == 1


def test_an_app_decides_what_is_shown(shop, firebase):
    shop.wishes("--title", "My shop", "--preview", "0")
    private = unique("ok")
    api, conversation = shop.phone(private)
    shop.answer(api, conversation, "Your card number is wrong")
    [push] = firebase.wait_to(private)
    read = sdk_reads(push["payload"])
    assert read["title"] == "My shop" and read["body"] is None and "card" not in json.dumps(push)
    assert push["payload"]["message"]["apns"]["payload"]["aps"]["alert"]["body"] == "You have a new message"


def test_an_app_can_be_off_and_quiet(own_server, firebase):
    server = own_server(settings={"Push": dict(QUICK), "FCM": firebase.settings()})
    off, quiet, other = Shop(server), Shop(server), Shop(server)
    off.wishes("--off")
    now = time.gmtime()
    hours = f"{now.tm_hour:02}:{now.tm_min:02}-{(now.tm_hour + 2) % 24:02}:00"
    assert hours in quiet.wishes("--quiet-hours", hours)
    for shop in (off, quiet):
        api, conversation = shop.phone(unique("ok"))
        shop.answer(api, conversation)
    token = unique("ok")
    api, conversation = other.phone(token)
    other.answer(api, conversation)
    firebase.wait_to(token)
    assert len(firebase.pushes) == 1


def test_above_the_bound_messages_wait_and_are_told_together(own_server, firebase, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bound")
    config = on_file(settings={"Push": {**QUICK, "per_hour": 3}, "FCM": firebase.settings()})
    server = own_server(config=config, folder=folder)
    shop = Shop(server)
    token = unique("ok")
    api, conversation = shop.phone(token)
    messages = []
    for number in range(3):
        messages.append(shop.answer(api, conversation, f"Part {number}"))
        firebase.wait_to(token, number + 1)
    messages += [shop.answer(api, conversation, f"Part {number}") for number in (3, 4)]
    marker = unique("ok")
    other, elsewhere = shop.phone(marker)
    shop.answer(other, elsewhere)
    firebase.wait_to(marker)
    server.stop()
    assert len(firebase.to(token)) == 3
    with contextlib.closing(sqlite3.connect(folder / "replyhq.db")) as database:
        holds = database.execute("SELECT hold FROM push_outbox WHERE state = 'waiting'").fetchall()
        assert holds == [("cap",), ("cap",)]
        # An hour later.
        database.execute("UPDATE push_outbox SET settled_at = settled_at - 3600000")
        database.execute("UPDATE push_outbox SET due_at = 0 WHERE state = 'waiting'")
        database.commit()
    own_server(config=config, folder=folder)
    push = firebase.wait_to(token, 4)[3]
    assert sdk_reads(push["payload"])["body"] == "2 new messages"
    assert sdk_reads(push["payload"])["message"] == messages[-1]


def test_a_message_is_pushed_once_however_often_it_is_sent(shop, firebase):
    token = unique("ok")
    api, conversation = shop.phone(token)
    body = {"body": "Once", "local_id": str(uuid.uuid4())}
    for _ in range(3):
        answer = api.session.post(f"{shop.server.url}/admin/api/conversations/{conversation}/messages", json=body,
                                  headers=shop.agent, timeout=20)
        assert answer.status_code == 200, answer.text
    firebase.wait_to(token)
    last = unique("ok")
    other, elsewhere = shop.phone(last)
    shop.answer(other, elsewhere)
    firebase.wait_to(last)
    ids = {push["payload"]["message"]["data"]["message_id"] for push in firebase.to(token)}
    assert len(firebase.to(token)) == len(ids)


@pytest.mark.parametrize("account, problem", [
    ("{broken", "not the JSON object"), ("/nowhere/account.json", "/nowhere/account.json"),
    (json.dumps({"type": "service_account", "project_id": "p", "client_email": "e", "private_key": "x"}), "not PEM"),
])
def test_a_broken_account_is_one_warning_and_the_server_runs(own_server, account, problem):
    server = own_server(settings={"Push": dict(QUICK), "FCM": {}}, variables={"FIREBASE_SERVICE_ACCOUNT_JSON": account})
    api, conversation = Shop(server).phone("some-token-0123456789")
    api.send(conversation, "Hello")
    server.wait_log("push is off")
    told = [line for line in map(json.loads, server.log_lines)
            if line["level"] != "info" and "push is off" in json.dumps(line).lower()]
    assert len(told) == 1 and told[0]["level"] == "warning" and problem in json.dumps(told[0]), told
    checked = server.command("check")
    assert checked.returncode == 0 and problem in checked.stdout, checked.stdout + checked.stderr


def test_without_an_account_push_is_off_and_said_once(own_server):
    server = own_server(settings={"Push": dict(QUICK), "FCM": {}})
    shop = Shop(server)
    api, conversation = shop.phone("some-token-0123456789")
    shop.answer(api, conversation)
    server.wait_log("Push is off")
    told = [line for line in server.log_lines if "push is off" in line.lower()]
    assert len(told) == 1 and "FIREBASE_SERVICE_ACCOUNT_JSON" in told[0]


def test_the_account_may_be_a_file_named_by_the_variable(own_server, firebase, certificates, tmp_path):
    path = tmp_path / "account.json"
    path.write_text(json.dumps(certificates.account(firebase.port)))
    settings = firebase.settings()
    del settings["service_account"]
    shop = Shop(own_server(settings={"Push": dict(QUICK), "FCM": settings},
                           variables={"FIREBASE_SERVICE_ACCOUNT_JSON": str(path)}))
    token = unique("ok")
    api, conversation = shop.phone(token)
    shop.answer(api, conversation)
    firebase.wait_to(token)


def test_what_was_stored_before_the_process_was_killed_is_pushed_by_the_next(own_server, firebase, tmp_path_factory):
    settings = {"Push": {**QUICK, "window": "2s"}, "FCM": firebase.settings()}
    folder = tmp_path_factory.mktemp("killed")
    config = configuration(settings=settings)
    server = own_server(config=config, folder=folder)
    shop = Shop(server)
    tokens = [unique("ok") for _ in range(20)]
    for token in tokens:
        api, conversation = shop.phone(token)
        shop.answer(api, conversation)
    server.kill()
    own_server(config=config, folder=folder)
    for token in tokens:
        firebase.wait_to(token, timeout=40)


def test_killed_while_sending_loses_nothing_and_doubles_nothing_on_the_screen(own_server, nio, tmp_path_factory):
    settings = {"Push": {**QUICK, "in_flight": 20, "lease": "30s"}, "FCM": nio.settings()}
    folder = tmp_path_factory.mktemp("killed")
    config = configuration(settings=settings)
    server = own_server(config=config, folder=folder)
    shop = Shop(server)
    tokens = [unique("ok") for _ in range(60)]
    phones = [(token, *shop.phone(token)) for token in tokens]
    for _, api, conversation in phones:
        shop.answer(api, conversation)
    nio.wait(lambda f: len(f.pushes) >= 5)
    server.kill()
    own_server(config=config, folder=folder)
    for token in tokens:
        nio.wait_to(token, timeout=60)
    for token in tokens:
        # A second push of the same message replaces the first: the SDK goes by the message's id.
        assert len({push["payload"]["message"]["data"]["message_id"] for push in nio.to(token)}) == 1


@pytest.mark.timeout(240)
def test_thousands_all_leave_and_only_what_broke_is_repeated(own_server, firebase, tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    settings = {"Push": dict(QUICK), "FCM": firebase.settings(timeout="15s")}
    config = on_file(settings=settings)
    server = own_server(config=config, folder=folder)
    shop = Shop(server)
    api, conversation = shop.phone(unique("ok"))
    server.stop()
    fill(folder, shop.app.id, conversation, firebase.many)
    server.start()

    def ids(pushes):
        return [push["payload"]["message"]["data"]["message_id"] for push in pushes]
    # Counting them all at every line would take longer than sending them.
    firebase.wait(lambda f: len(f.lines) > f.many and len(set(ids(f.pushes))) == f.many, timeout=200,
                  what=f"{firebase.many} pushes")
    # NIO gives connections up under load, with all that is on them; nginx does so only between requests.
    assert len(firebase.pushes) <= firebase.many * 1.15
