"""replyhq doctor push, and the timeline of a message: why a push came, or did not."""

import json
import time
import uuid

import pytest

from support.api import expect_error
from support.firebase import KINDS, Certificates
from support.server import configuration
from support.tokens import access_token, bearer

QUICK = {"window": "100ms", "recheck": "1s", "poll_interval": "200ms", "retry_delay": "50ms"}
APPLES = "0123456789abcdef" * 4


@pytest.fixture(scope="module")
def certificates():
    certificates = Certificates()
    yield certificates
    certificates.remove()


@pytest.fixture(scope="module")
def firebase(certificates):
    firebase = KINDS["nio"](certificates).start()
    yield firebase
    firebase.stop()


@pytest.fixture(scope="module")
def shop(module_server, firebase):
    return module_server(settings={"Push": QUICK, "FCM": firebase.settings()})


def unique(kind):
    return f"{kind}/{uuid.uuid4()}"


def phone(server, app=None, token=None, device=None):
    """A device with its conversation, and a push token if one is given."""
    api = server.api(app, device)
    api.conversation = api.open()["id"]
    if token:
        api.ok(api.post("/push-token", {"token": token, "platform": "android", "device_id": api.device}))
    return api


def admin(api, method, path, app=None, **options):
    return api.session.request(method, f"{api.url}/admin/api{path}", timeout=20,
                               headers=bearer(access_token(app or api.app)), **options)


def answer(api, body="Hello"):
    return api.ok(admin(api, "POST", f"/conversations/{api.conversation}/messages", json={"body": body}))["message"]["id"]


def timeline(api, message, until, timeout=20):
    """A message's timeline, once it has the step that is waited for."""
    deadline = time.monotonic() + timeout
    while True:
        found = api.ok(admin(api, "GET", f"/messages/{message}/timeline"))
        if until in [step["step"] for step in found["timeline"]]:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def examine(server, api, *arguments, code):
    """The report, which ends with that exit code, and its steps by name."""
    done = server.command("doctor", "push", "--device", api.device, "--json", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["would_go"] is (code == 0)
    return report, {step["name"]: (step["outcome"], step["text"]) for step in report["steps"]}


# Whether it would go

def test_a_push_would_go_and_the_phone_shows_nothing_of_the_question(shop, firebase):
    token = unique("ok")
    api = phone(shop, token=token)
    report, steps = examine(shop, api, code=0)
    assert report["verdict"] == "A push would go." and report["app_id"] == api.app.id and report["recent"] == []
    assert {outcome for outcome, _ in steps.values()} == {"fine"}
    assert steps["hourly cap"][1].startswith("0 of 20") and steps["presence"][1] == "the device is connected to no node"
    assert "fcm, since 20" in steps["token"][1]
    # This Firebase names a push by its token; whatever is not its answer does not.
    assert token not in json.dumps([steps["token"], report["provider"]["lines"][:2]])
    firebase.wait_to(token)
    [question] = firebase.to(token)
    assert question["payload"]["validate_only"] is True
    assert report["provider"]["sent"] is False and "HTTP 200" in report["provider"]["lines"]

    message = answer(api)
    timeline(api, message, "push_sent")
    report, steps = examine(shop, api, code=0)
    assert steps["hourly cap"][1].startswith("1 of 20")
    assert [(push["message_id"], push["state"]) for push in report["recent"]] == [(message, "sent")]
    text = shop.command("doctor", "push", "--device", api.device).stdout.splitlines()
    assert text[0] == f"Push to device {api.device} of app {api.app.id}" and text[-1] == "A push would go."
    assert any(message in line and "sent" in line for line in text)


def test_without_a_token_it_would_not_go(shop, firebase):
    api = phone(shop)
    report, steps = examine(shop, api, code=1)
    assert steps["token"][0] == "obstacle" and "no push token" in report["verdict"]
    assert "provider" not in report and api.conversation not in json.dumps(firebase.pushes)


def test_while_the_device_is_connected_it_would_not_go(shop, sockets):
    api = phone(shop, token=unique("ok"))
    socket = sockets.client(shop, api)
    report, steps = examine(shop, api, code=1)
    assert steps["presence"][0] == "obstacle" and "is connected" in report["verdict"]
    socket.close()


def test_an_app_that_is_off_and_one_that_is_quiet(shop):
    api = phone(shop, token=unique("ok"))
    assert shop.command("apps", "push", api.app.id, "--off").returncode == 0
    report, steps = examine(shop, api, code=1)
    assert steps["enabled"][0] == "obstacle" and report["verdict"].endswith("the app wants no pushes.")
    hour = time.gmtime().tm_hour
    hours = f"{(hour - 1) % 24:02}:00-{(hour + 2) % 24:02}:00"
    assert shop.command("apps", "push", api.app.id, "--on", "--quiet-hours", hours).returncode == 0
    report, steps = examine(shop, api, code=0)
    assert steps["quiet hours"][0] == "note" and f"({hours} UTC) hold it until" in report["verdict"]


def test_above_the_cap_more_would_wait(shop):
    api = phone(shop, token=unique("ok"))
    assert shop.command("apps", "push", api.app.id, "--per-hour", "1").returncode == 0
    timeline(api, answer(api), "push_sent")
    report, steps = examine(shop, api, code=0)
    assert steps["hourly cap"][0] == "note" and "1 of 1 pushes" in report["verdict"]


def test_apples_own_tokens_have_no_way(shop, firebase):
    api = phone(shop, token=APPLES)
    report, steps = examine(shop, api, code=1)
    assert "64 hexadecimal digits" in steps["token"][1] and "speaks to Apple" in report["verdict"]
    assert firebase.to(APPLES) == []


# Asking the provider

def test_a_test_push_is_sent_and_the_answer_is_shown_as_it_came(shop, firebase):
    token = unique("ok")
    api = phone(shop, token=token)
    report, _ = examine(shop, api, "--send", code=0)
    firebase.wait_to(token)
    [push] = firebase.to(token)
    assert not push["payload"].get("validate_only")
    assert push["payload"]["message"]["data"]["conversation_id"] == api.conversation
    assert report["provider"]["sent"] is True and "HTTP 200" in report["provider"]["lines"]
    assert token not in report["provider"]["lines"][1]


def test_an_error_of_the_provider_is_shown_as_it_came(shop, firebase):
    token = unique("status/404/UNREGISTERED")
    api = phone(shop, token=token)
    done = shop.command("doctor", "push", "--device", api.device, "--send")
    assert done.returncode == 1 and done.stderr == ""
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert "A test push was sent:" in lines and "HTTP 404" in lines
    body = json.loads("".join(lines[lines.index("HTTP 404") + 1:-1]))
    assert body["error"]["code"] == 404 and body["error"]["details"][0]["errorCode"] == "UNREGISTERED"
    assert lines[-1].startswith("A push would not go: the provider says that the token is dead")
    firebase.wait_to(token)
    assert len(firebase.to(token)) == 1


def test_a_broken_account_is_named_as_what_may_be_wrong(own_server):
    server = own_server(settings={"Push": QUICK, "FCM": {"service_account": "{broken"}})
    report, steps = examine(server, phone(server, token=unique("ok")), code=1)
    assert steps["provider"][0] == "obstacle" and "service account" in report["verdict"]


# Where it is asked

def test_without_a_running_server_all_but_presence_is_known(own_server, firebase, tmp_path_factory):
    config = configuration(settings={"Push": QUICK, "FCM": firebase.settings()})
    config["plugins"][0] = {"name": "SQLite", "settings": {"path": "replyhq.db"}}
    server = own_server(config=config, folder=tmp_path_factory.mktemp("stopped"))
    token = unique("ok")
    api = phone(server, token=token)
    server.stop()
    report, steps = examine(server, api, code=0)
    assert steps["presence"][0] == "note" and report["verdict"].endswith("no server runs here.")
    assert firebase.wait_to(token)[0]["payload"]["validate_only"] is True


def test_a_server_without_the_plugin_pushes_nothing(own_server, firebase):
    config = configuration(settings={"Push": QUICK, "FCM": firebase.settings()})
    next(entry for entry in config["plugins"] if entry["name"] == "Push")["enabled"] = False
    server = own_server(config=config)
    report, steps = examine(server, phone(server, token=unique("ok")), code=1)
    assert steps["server"] == ("obstacle", "the running server has no plugin Push")


def test_a_device_of_several_apps_needs_the_app(shop):
    first = phone(shop, token=unique("ok"))
    second = phone(shop, device=first.device)
    done = shop.command("doctor", "push", "--device", first.device)
    assert done.returncode == 64
    assert f"--app {first.app.id}" in done.stderr and f"--app {second.app.id}" in done.stderr
    assert examine(shop, first, "--app", first.app.id, code=0)[0]["app_id"] == first.app.id
    assert examine(shop, second, "--app", second.app.id, code=1)[0]["app_id"] == second.app.id


@pytest.mark.parametrize("arguments, code, says", [
    ([], 64, "--device is missing"), (["--device", ""], 64, "--device is missing"),
    (["--device", "nobody"], 1, 'no app knows the device "nobody"'), (["--devise", "x"], 64, "did you mean --device?"),
])
def test_what_names_no_device_is_explained(shop, arguments, code, says):
    done = shop.command("doctor", "push", *arguments)
    assert done.returncode == code and says in done.stderr and done.stdout == "", done


def test_an_unknown_app_is_an_obstacle(shop):
    done = shop.command("doctor", "push", "--device", "x", "--app", "nobody")
    assert done.returncode == 1 and done.stdout.endswith("A push would not go: there is no app nobody.\n")


def test_a_configuration_that_cannot_be_used_ends_with_2(own_server):
    config = configuration(settings={"Push": {"window": "soon"}})
    server = own_server(config=config, start=False)
    done = server.command("doctor", "push", "--device", "x", "--app", "y")
    assert done.returncode == 2 and "window" in done.stderr, done


# The timeline

def test_a_timeline_tells_what_became_of_a_message(shop, firebase):
    api = phone(shop, token=unique("ok"))
    message = answer(api)
    timeline(api, message, "push_sent")
    api.ok(api.post(f"/conversations/{api.conversation}/messages/delivered", {"message_ids": [message]}))
    api.ok(api.post(f"/conversations/{api.conversation}/messages/read", {}))
    found = timeline(api, message, "read")
    assert [step["step"] for step in found["timeline"]] == [
        "stored", "published", "push_waiting", "push_sent", "delivered", "read"]
    assert (found["message_id"], found["conversation_id"], found["sender"], found["status"]) == (
        message, api.conversation, "agent", "READ")
    times = [step["at"] for step in found["timeline"]]
    assert times == sorted(times) and found["push"]["state"] == "sent" and found["push"]["device_id"] == api.device


def test_a_timeline_tells_why_a_push_did_not_arrive(shop):
    failing, silent = phone(shop, token=unique("status/400")), phone(shop)
    failed = timeline(failing, answer(failing), "push_failed")["timeline"][-1]
    assert "400" in failed["detail"]
    cancelled = timeline(silent, answer(silent), "push_cancelled")["timeline"][-1]
    assert cancelled["detail"] == "the device registered no push token"
    written = silent.send(silent.conversation, "From a user")["id"]
    found = timeline(silent, written, "stored")
    assert [step["step"] for step in found["timeline"]] == ["stored", "published"] and found["push"] is None


def test_a_timeline_is_the_apps_own(shop):
    api, other = phone(shop), shop.create_app()
    message = api.send(api.conversation, "Mine")["id"]
    for app, wanted in ((other, message), (api.app, "nothing")):
        expect_error(admin(api, "GET", f"/messages/{wanted}/timeline", app), 404, "MESSAGE_NOT_FOUND")
    guest = api.session.get(f"{api.url}/admin/api/messages/{message}/timeline", timeout=10,
                            headers=bearer(access_token(api.app, "GUEST")))
    assert expect_error(guest, 403, "FORBIDDEN")["missing_permissions"] == ["view:conversations"]
