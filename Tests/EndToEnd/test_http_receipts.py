"""Delivered, read and status (http.md 6.5 to 6.7, data-model.md 3)."""

import pytest

from support.api import expect_error, new_id
from support.tokens import access_token, bearer

import requests


@pytest.fixture
def conversation(api):
    return api.open()["id"]


@pytest.fixture
def answer(server, api, conversation):
    """Sends as an agent."""
    headers = bearer(access_token(api.app))

    def send(body):
        url = f"{server.url}/admin/api/conversations/{conversation}/messages"
        return api.ok(requests.post(url, json={"body": body}, headers=headers, timeout=10))["message"]

    return send


def post(api, conversation, route, body):
    return api.ok(api.post(f"/conversations/{conversation}/messages/{route}", body))


def test_a_delivered_message_is_answered_under_both_names_of_its_id(api, conversation, answer):
    message = answer("Hello")
    body = post(api, conversation, "delivered", {"message_ids": [message["id"]]})
    [update] = body["updates"]
    assert list(body) == ["updates"] and list(update) == ["id", "message_id", "status", "updated_at"]
    assert update["id"] == update["message_id"] == message["id"]
    assert update["status"] == "DELIVERED"
    [synced] = api.sync(conversation)
    assert synced["status"] == "DELIVERED" and synced["delivered_at"] and synced["read_at"] is None


def test_only_what_changes_is_answered_in_the_order_of_the_request(api, conversation, answer):
    messages = [answer(str(number))["id"] for number in range(3)]
    foreign = api.sibling()
    stranger = foreign.send(foreign.open()["id"], "x")["id"]
    ids = [messages[2], "msg_unknown", stranger, messages[0], messages[2]]
    body = post(api, conversation, "delivered", {"message_ids": ids})
    assert [update["id"] for update in body["updates"]] == [messages[2], messages[0]]
    assert post(api, conversation, "delivered", {"message_ids": ids}) == {"updates": []}
    assert foreign.sync(foreign.open()["id"])[0]["status"] == "SENT"


@pytest.mark.parametrize("body", [{}, {"message_ids": []}, {"message_ids": None}, {"message_ids": [""]},
                                  {"message_ids": [7]}, {"message_ids": ["m"] * 501}], ids=range(6))
def test_a_wrong_list_of_delivered_messages_is_refused(api, conversation, body):
    path = f"/conversations/{conversation}/messages/delivered"
    expect_error(api.post(path, body), 400, "VALIDATION_ERROR", "Invalid request body")


@pytest.mark.parametrize("body", [None, {}, {"up_to_message_id": None}])
def test_reading_without_a_bound_reads_all_answers_and_none_of_ones_own(api, conversation, answer, body):
    own = api.send(conversation, "Question")["id"]
    answers = [answer(str(number))["id"] for number in range(3)]
    updates = post(api, conversation, "read", body)["updates"]
    assert [(update["id"], update["message_id"], update["status"]) for update in updates] == [
        (message, message, "READ") for message in answers]
    by_id = {message["id"]: message for message in api.sync(conversation)}
    assert by_id[own]["status"] == "SENT"
    assert all(by_id[message]["read_at"] and by_id[message]["delivered_at"] for message in answers)
    assert post(api, conversation, "read", body) == {"updates": []}


def test_reading_up_to_a_message_leaves_the_later_ones(api, conversation, answer):
    answers = [answer(str(number))["id"] for number in range(4)]
    updates = post(api, conversation, "read", {"up_to_message_id": answers[1]})["updates"]
    assert [update["id"] for update in updates] == answers[:2]


def test_a_bound_from_elsewhere_is_no_bound(api, conversation, answer):
    """D-46: and it is not taken as a time."""
    foreign = api.sibling()
    early = foreign.send(foreign.open()["id"], "Early")["id"]
    message = answer("Later")["id"]
    updates = post(api, conversation, "read", {"up_to_message_id": early})["updates"]
    assert [update["id"] for update in updates] == [message]


def test_a_status_moves_forward_only(api, conversation, answer):
    message = answer("Hello")["id"]
    expected = [("DELIVERED", "DELIVERED"), ("DELIVERED", "DELIVERED"), ("SENT", "DELIVERED"), ("READ", "READ"),
                ("QUEUED", "READ"), ("FAILED", "READ"), ("DELIVERED", "READ")]
    for status, result in expected:
        body = post(api, conversation, "status", {"message_id": message, "status": status})
        assert list(body) == ["id", "message_id", "status", "updated_at"]
        assert body["id"] == body["message_id"] == message
        assert body["status"] == result, status


def test_a_status_of_an_unknown_or_foreign_message_is_a_404(api, conversation):
    """D-07: it must lie in the conversation of the path."""
    foreign = api.sibling()
    stranger = foreign.send(foreign.open()["id"], "x")["id"]
    path = f"/conversations/{conversation}/messages/status"
    for message in ("msg_unknown", stranger):
        expect_error(api.post(path, {"message_id": message, "status": "READ"}), 404, "MESSAGE_NOT_FOUND",
                     "Message not found")
    assert foreign.sync(foreign.open()["id"])[0]["status"] == "SENT"


@pytest.mark.parametrize("body", [{}, {"message_id": "", "status": "READ"}, {"message_id": "m"},
                                  {"message_id": "m", "status": "read"}, {"message_id": "m", "status": None}],
                         ids=range(5))
def test_a_wrong_status_is_refused(api, conversation, body):
    path = f"/conversations/{conversation}/messages/status"
    expect_error(api.post(path, body), 400, "VALIDATION_ERROR", "Invalid request body")


def test_receipts_reach_agents_and_the_other_clients(server, api, conversation, answer, sockets):
    """D-15: as message:status for each change, and read as one messages:read as well."""
    client, admin = sockets.client(server, api), sockets.admin(server, api.app)
    client.wait("conversation:joined")
    messages = [answer(str(number))["id"] for number in range(2)]
    post(api, conversation, "delivered", {"message_ids": messages})
    read = post(api, conversation, "read", {})["updates"]
    for socket in (client, admin):
        for message, state in [(message, state) for state in ("DELIVERED", "READ") for message in messages]:
            status = socket.wait("message:status", id=message)
            assert list(status) == ["message_id", "id", "conversation_id", "status", "updated_at"]
            assert (status["message_id"], status["status"]) == (message, state)
            assert status["conversation_id"] == conversation
        event = socket.wait("messages:read")
        assert event == {"conversation_id": conversation, "message_ids": messages, "read_at": read[0]["updated_at"]}
        socket.fence()
        assert len(socket.events("message:status")) == 4 and len(socket.events("messages:read")) == 1


def test_a_message_may_be_sent_while_another_is_read(api, conversation, answer):
    """Receipts touch neither texts nor order."""
    first = answer("First")["id"]
    second = api.send(conversation, "Second", new_id())["id"]
    post(api, conversation, "read", {"up_to_message_id": first})
    assert [message["id"] for message in api.sync(conversation)] == [first, second]
