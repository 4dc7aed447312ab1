"""Conversations and messages over HTTP (http.md 5, 6.1 to 6.4)."""

import datetime
import json
import re
import threading

import pytest

from support.api import expect_error, new_id

CONTEXT = {"platform": "ios", "os_version": "iOS 18.1", "app_version": "3.2", "device_model": "iPhone",
           "locale": "de_DE", "timezone": "Europe/Berlin", "sdk_version": "1.0.0"}
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


def milliseconds(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


# Conversations

@pytest.mark.parametrize("prefix", ["/v1", "/api/v1"])
def test_a_conversation_has_the_contracts_fields(api, prefix):
    api.prefix = prefix
    conversation = api.open(device_context=CONTEXT)
    assert list(conversation) == ["id", "visitor_id", "status", "created_at", "updated_at", "metadata"]
    assert re.match(r"^conv_[0-9a-f]{12,}$", conversation["id"])
    assert re.match(r"^vis_[0-9a-f]{12,}$", conversation["visitor_id"])
    assert conversation["status"] == "open"
    assert TIME.match(conversation["created_at"]) and TIME.match(conversation["updated_at"])
    assert conversation["metadata"] == {"device_context": CONTEXT}


def test_both_prefixes_are_one_service(api):
    first = api.open()
    api.prefix = "/api/v1"
    assert api.open() == first


def test_there_is_one_conversation_for_each_user_of_a_device_and_one_for_none(api):
    user = {"id": f"user-{new_id()}", "name": None, "email": None, "attributes": {}}
    anonymous, named = api.open()["id"], api.open(user)["id"]
    assert anonymous != named
    assert api.open()["id"] == anonymous
    assert api.open(user)["id"] == named
    assert api.sibling().open(user)["id"] not in (anonymous, named)


@pytest.mark.parametrize("user", [None, {"id": "racer"}])
def test_conversations_opened_at_once_are_the_same(api, user):
    found, barrier = [], threading.Barrier(8)

    def work():
        own = api.copy()
        barrier.wait()
        found.append(own.open(user)["id"])

    threads = [threading.Thread(target=work) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(found) == 8 and len(set(found)) == 1


def test_a_newer_device_context_is_merged_and_unknown_fields_are_dropped(api):
    api.open(device_context={**CONTEXT, "secret": "x"})
    merged = api.open(device_context={"platform": "ios", "app_version": "4.0"})["metadata"]["device_context"]
    assert merged["app_version"] == "4.0"
    assert "secret" not in merged


@pytest.mark.parametrize("body", [
    None, {}, {"user": None, "device_context": None},
    {"user": {"id": "u", "name": None, "email": None, "attributes": None}, "device_context": None},
    {"user": {"id": "u", "name": "N", "email": "n@example.org", "attributes": {"a": 1, "b": None, "c": {"d": [True]}}}},
    {"device_context": {"platform": "web", **{name: None for name in list(CONTEXT)[1:]}}},
    {"unknown": [1, {"deep": None}]},
])
def test_null_means_absent_in_every_field_that_may_be_absent(api, body):
    assert api.ok(api.post("/conversations", body))["conversation"]["status"] == "open"


@pytest.mark.parametrize("body, path", [
    ({"user": {}}, ["user", "id"]),
    ({"user": {"id": None}}, ["user", "id"]),
    ({"user": {"id": ""}}, ["user", "id"]),
    ({"user": {"id": 7}}, ["user", "id"]),
    ({"user": {"id": "x" * 256}}, ["user", "id"]),
    ({"user": {"id": "u", "name": "x" * 256}}, ["user", "name"]),
    ({"user": {"id": "u", "attributes": []}}, ["user", "attributes"]),
    ({"user": "u"}, ["user"]),
    ({"device_context": {}}, ["device_context", "platform"]),
    ({"device_context": {"platform": "toaster"}}, ["device_context", "platform"]),
    ({"device_context": {"platform": "ios", "locale": 3}}, ["device_context", "locale"]),
])
def test_a_wrong_body_is_refused_with_a_list_of_issues(api, body, path):
    answer = expect_error(api.post("/conversations", body), 400, "VALIDATION_ERROR", "Invalid request body")
    issues = json.loads(answer["message"])
    assert [issue["path"] for issue in issues] == [path]
    assert all(issue["code"] and issue["message"] for issue in issues)


@pytest.mark.parametrize("email, is_valid", [
    ("a@example.org", True), ("a.b+c_d-e'f@sub.example.org", True), ("A1@x-y.museum", True),
    (".a@example.org", False), ("a..b@example.org", False), ("a@exa..mple.org", False), ("a'@example.org", False),
    ("a@example", False), ("a@example.c", False), ("a b@example.org", False), ("ä@example.org", False), ("", False),
])
def test_addresses_follow_the_contracts_rule(api, email, is_valid):
    answer = api.post("/conversations", {"user": {"id": "u", "email": email}})
    assert answer.status_code == (200 if is_valid else 400), answer.text


# Sending

def test_a_message_has_the_contracts_seven_fields(api):
    conversation, local_id = api.open()["id"], new_id().upper()
    message = api.send(conversation, "  Hi <b>&\u2028 ", local_id)
    assert list(message) == ["id", "local_id", "conversation_id", "body", "sender", "created_at", "status"]
    assert re.match(r"^msg_[0-9a-f]{12,}$", message["id"])
    assert message["local_id"] == local_id, "as sent"
    assert message["conversation_id"] == conversation
    assert message["body"] == "  Hi <b>&\u2028 ", "never trimmed, never escaped"
    assert message["sender"] == "user" and message["status"] == "SENT"
    assert TIME.match(message["created_at"])


def test_a_repeated_local_id_answers_the_stored_message_and_tells_nobody(server, api, sockets):
    conversation, local_id = api.open()["id"], new_id()
    client = sockets.client(server, api)
    first = api.send(conversation, "First", local_id)
    assert api.send(conversation, "Another text", local_id) == first
    last = api.send(conversation, "Last")
    client.wait("message:new", id=last["id"])
    assert client.events("message:new") == [first, last]
    assert len(api.sync(conversation)) == 2


def test_a_local_id_means_nothing_in_another_conversation(server, api):
    """D-02: it must neither show a foreign message nor swallow one's own."""
    local_id = new_id()
    first = api.send(api.open()["id"], "Mine", local_id)
    for other in (api.sibling(), server.api()):
        second = other.send(other.open()["id"], "Yours", local_id)
        assert second["body"] == "Yours" and second["id"] != first["id"]


@pytest.mark.parametrize("text, is_valid", [
    ("a", True), (" ", True), ("\n", True), ("", False), ("a" * 5000, True), ("a" * 5001, False),
    ("€" * 5000, True), ("😀" * 2500, True), ("😀" * 2500 + "a", False), ("\u0000", True),
], ids=["one", "space", "newline", "empty", "5000", "5001", "5000 of 3 bytes", "2500 emoji", "2500 emoji and one", "nul"])
def test_lengths_count_utf16_units(api, text, is_valid):
    conversation = api.open()["id"]
    answer = api.post(f"/conversations/{conversation}/messages", {"local_id": new_id(), "body": text})
    if is_valid:
        assert api.ok(answer)["message"]["body"] == text
        assert api.sync(conversation)[0]["body"] == text
    else:
        expect_error(answer, 400, "VALIDATION_ERROR")


@pytest.mark.parametrize("draft", [
    {}, {"body": "x"}, {"local_id": new_id()}, {"local_id": None, "body": "x"}, {"local_id": new_id(), "body": None},
    {"local_id": "not-a-uuid", "body": "x"}, {"local_id": new_id() + "0", "body": "x"}, {"local_id": 7, "body": "x"},
    {"local_id": new_id().replace("-", ""), "body": "x"}, {"local_id": new_id(), "body": ["x"]},
    {"local_id": new_id(), "body": "x", "device_context": {"platform": "toaster"}},
], ids=range(11))
def test_what_is_no_message_is_refused(api, draft):
    conversation = api.open()["id"]
    expect_error(api.post(f"/conversations/{conversation}/messages", draft), 400, "VALIDATION_ERROR",
                 "Invalid request body")
    assert api.sync(conversation) == []


def test_the_body_is_checked_before_the_conversation_is_looked_up(api):
    expect_error(api.post("/conversations/conv_none/messages", {}), 400, "VALIDATION_ERROR")


# Listing

def test_the_list_is_oldest_first_and_pages_by_the_time_of_the_last_one(api):
    conversation = api.open()["id"]
    sent = [api.send(conversation, f"Message {number}") for number in range(7)]
    page = api.list(conversation, limit=3)
    assert page == {"messages": sent[:3], "has_more": True}
    after = milliseconds(page["messages"][-1]["created_at"])
    rest = api.list(conversation, after=after)
    assert rest["has_more"] is False
    assert rest["messages"] == [message for message in sent if milliseconds(message["created_at"]) > after]
    assert api.list(conversation, after=sent[2]["created_at"]) == rest, "ISO 8601 as a bonus"


@pytest.mark.parametrize("after", ["", "0", "junk", "2026", "-1"])
def test_a_cursor_that_says_nothing_is_no_filter(api, after):
    conversation = api.open()["id"]
    sent = [api.send(conversation, "One"), api.send(conversation, "Two")]
    assert api.list(conversation, after=after)["messages"] == sent


@pytest.mark.parametrize("limit, count", [("1", 1), ("0", 1), ("-5", 1), ("2x", 2), ("100000", 3), ("", 3)])
def test_limits_are_clamped(api, limit, count):
    conversation = api.open()["id"]
    for number in range(3):
        api.send(conversation, str(number))
    assert len(api.list(conversation, limit=limit)["messages"]) == count
    assert len(api.sync_page(conversation, limit=limit)["messages"]) == count


@pytest.mark.parametrize("route", ["messages", "sync"])
def test_a_wrong_query_is_refused(api, route):
    path = f"/conversations/{api.open()['id']}/{route}"
    for query in ("limit=abc", "limit=1&limit=2"):
        expect_error(api.get(f"{path}?{query}"), 400, "VALIDATION_ERROR", "Invalid query parameters")


# Catching up

def test_sync_has_the_contracts_fields(api):
    conversation = api.open()["id"]
    message = api.send(conversation, "Hi")
    page = api.sync_page(conversation)
    assert list(page) == ["messages", "last_sequence", "has_more"]
    [synced] = page["messages"]
    assert list(synced) == ["id", "local_id", "conversation_id", "body", "sender", "status", "sequence", "created_at",
                            "delivered_at", "read_at"]
    assert {**message, "sequence": page["last_sequence"], "delivered_at": None, "read_at": None} == synced
    assert page["has_more"] is False


def test_sync_pages_never_repeat_and_never_stand_still(api):
    conversation = api.open()["id"]
    sent = [api.send(conversation, str(number))["id"] for number in range(10)]
    seen, after, pages = [], 0, 0
    while True:
        page = api.sync_page(conversation, after, limit=3)
        seen += [message["id"] for message in page["messages"]]
        numbers = [message["sequence"] for message in page["messages"]]
        assert numbers == sorted(numbers) and numbers[0] > after and page["last_sequence"] == numbers[-1]
        after, pages = page["last_sequence"], pages + 1
        if not page["has_more"]:
            break
    assert seen == sent and pages == 4
    assert api.sync_page(conversation, after) == {"messages": [], "last_sequence": after, "has_more": False}
    assert api.sync_page(conversation, 10**15) == {"messages": [], "last_sequence": 10**15, "has_more": False}
