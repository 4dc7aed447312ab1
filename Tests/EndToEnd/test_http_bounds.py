"""Bounds of what clients write, ids that nothing can have, and lists in the order of time."""

import concurrent.futures
import datetime

import pytest
import requests

from support.api import expect_error
from support.tokens import access_token, bearer

LONG = "x" * 90_000


def milliseconds(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


@pytest.fixture
def admin(server, app):
    def get(path, **query):
        return requests.get(f"{server.url}/admin/api{path}", params=query, headers=bearer(access_token(app)), timeout=30)

    return get


# Texts

@pytest.mark.parametrize("text", [LONG, "a\u0000b"], ids=["long", "NUL"])
@pytest.mark.parametrize("path, body", [
    ("/identify", lambda text: {"user": {"id": text}}),
    ("/identify", lambda text: {"user": {"id": "u", "name": text}}),
    ("/identify", lambda text: {"user": {"id": "u", "email": text + "@example.org"}}),
    ("/identify", lambda text: {"user": {"id": "u", "attributes": {text: 1}}}),
    ("/identify", lambda text: {"user": {"id": "u", "attributes": {"a": [{text: 1}]}}}),
    ("/conversations", lambda text: {"user": {"id": text}}),
    ("/events/track", lambda text: {"user_id": text, "event_name": "e"}),
    ("/events/track", lambda text: {"user_id": "u", "event_name": text}),
    ("/events/track", lambda text: {"user_id": "u", "event_name": "e", "user_plan": text}),
    ("/events/track", lambda text: {"user_id": "u", "event_name": "e", "session_id": text}),
    ("/events/track", lambda text: {"user_id": "u", "event_name": "e", "properties": {text: 1}})], ids=range(11))
def test_what_names_something_has_a_bound_and_holds_no_nul(api, path, body, text):
    expect_error(api.post(path, body(text)), 400, "VALIDATION_ERROR")


def test_details_and_values_have_a_bound_too(api):
    context = {"platform": "ios", "os_version": LONG}
    expect_error(api.post("/conversations", {"device_context": context}), 400, "VALIDATION_ERROR")
    arrays = {"user_id": "u", "event_name": "e", "properties": {"a": [[]] * 20_000}}
    expect_error(api.post("/events/track", arrays), 400, "VALIDATION_ERROR")
    api.open(device_context={"platform": "ios", "os_version": "x" * 255})


@pytest.mark.parametrize("token, status", [
    ("t" * 4_096, 200), ("t" * 4_097, 400), ("\u20ac" * 1_365, 200), ("\u20ac" * 2_048, 400), ("t" * 20 + "\u0000", 400)],
    ids=range(5))
def test_push_tokens_are_bounded_in_bytes(api, token, status):
    answer = api.post("/push-token", {"token": token, "platform": "android", "device_id": api.device})
    assert answer.status_code == status, answer.text


# Ids that nothing can have

def test_an_id_with_nul_is_as_one_that_is_not_there(server, app, api, sockets):
    conversation = api.open()["id"]
    raw = sockets.client(server, api, connect=False)
    raw.ask({**api.auth, "device_id": "a\u0000b"})
    assert raw.next() == '44/client,{"message":"INVALID_CREDENTIALS"}'
    legacy = sockets.legacy(server, api, device_id="a\u0000b")
    legacy.wait_closed()
    for socket in (sockets.client(server, api), sockets.admin(server, app)):
        assert socket.call("conversation:join", {"conversation_id": "a\u0000b"})["error"] == "CONVERSATION_NOT_FOUND"
    draft = {"conversation_id": conversation, "body": "x", "local_id": "a\u0000b"}
    assert sockets.admin(server, app).call("message:send", draft)["error"] == "INVALID_PAYLOAD"


# Order

def test_pages_by_time_lose_nothing_of_messages_that_come_at_once(server, app, api, admin):
    conversation = api.open()["id"]

    def send(sender):
        for number in range(15):
            sender.send(conversation, f"{number}")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(send, [api.copy() for _ in range(8)]))
    everything = [message["id"] for message in api.sync(conversation)]
    seen, after = [], None
    while True:
        page = api.list(conversation, limit=7, **({"after": after} if after else {}))
        seen += [message["id"] for message in page["messages"]]
        if not page["has_more"]:
            break
        after = milliseconds(page["messages"][-1]["created_at"])
    assert seen == everything and len(seen) == 120
    seen, after = [], 0
    while page := admin(f"/conversations/{conversation}/messages", after=after, limit=7).json()["messages"]:
        seen += [message["id"] for message in page]
        after = milliseconds(page[-1]["created_at"])
    assert seen == everything


# Agents' lists

def test_the_list_of_conversations_can_be_asked_for_one_status(server, app, api, admin):
    first, second = api.open()["id"], api.sibling().open()["id"]
    changed = requests.patch(
        f"{server.url}/admin/api/conversations/{first}", json={"status": "resolved"},
        headers=bearer(access_token(app)), timeout=10)
    assert changed.status_code == 200
    for status, expected in (("resolved", [first]), ("open", [second]), ("", [first, second])):
        rows = admin("/conversations", status=status).json()["conversations"]
        assert sorted(row["conversation_id"] for row in rows) == sorted(expected)
    expect_error(admin("/conversations", status="closed"), 400, "INVALID_STATUS")
    expect_error(admin("/users", status="open"), 400, "VALIDATION_ERROR")


def test_a_conversation_is_listed_under_the_name_of_its_user(api, admin):
    api.open(user={"id": "u-1"})
    api.identify({"id": "u-1", "name": "Ada", "attributes": {"plan": "pro"}})
    [row] = admin("/conversations").json()["conversations"]
    [user] = admin("/users").json()["users"]
    assert row["display_name"] == user["display_name"] == "Ada"
    assert admin("/users/user:u-1").json()["user"]["attributes"] == {"plan": "pro"}


def test_who_asks_without_a_user_after_identify_gets_an_anonymous_conversation(api):
    """One conversation for each of (app, device, user or none): http.md 6.1."""
    anonymous = api.open()["id"]
    api.identify({"id": "u-1"})
    assert api.open(user={"id": "u-1"})["id"] == anonymous
    second = api.open()["id"]
    assert second != anonymous and api.open()["id"] == second
