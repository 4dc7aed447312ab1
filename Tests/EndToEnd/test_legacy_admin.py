"""The legacy websocket for agents (legacy-ws.md 1, 3)."""

import pytest

from support.api import new_id
from support.legacy import Legacy
from support.tokens import access_token


def test_an_agent_hears_the_conversations_it_subscribed_to(server, api, app, sockets):
    first, second = api.open(user={"id": "ada"})["id"], api.sibling().open()["id"]
    agent = sockets.legacy_admin(server, app)
    assert list(agent.next()) == ["type", "connection_id"]
    agent.subscribe(first)
    message = api.send(first, "Hello")
    assert agent.wait("message.new") == {"type": "message.new", "message": message}
    agent.subscribe(second)
    agent.send("unsubscribe", conversation_id=first)
    agent.fence()
    api.send(first, "not heard")
    other = api.sibling()
    foreign = other.open()["id"]
    other.send(foreign, "not heard either")
    agent.subscribe(foreign)
    heard = other.send(foreign, "heard")
    agent.wait("message.new", message=heard)
    assert [entry["message"]["body"] for entry in agent.messages("message.new")] == ["Hello", "heard"]


def test_a_first_frame_that_does_not_wait_is_kept(server, api, app, sockets):
    conversation = api.open()["id"]
    agent = sockets.legacy_admin(server, app)
    agent.send("subscribe", conversation_id=conversation)
    agent.wait("subscribed", conversation_id=conversation)


def test_a_conversation_of_another_app_does_not_exist(server, api, app, sockets):
    foreign = server.api().open()["id"]
    agent = sockets.legacy_admin(server, app)
    for conversation in (foreign, "conv_none"):
        agent.send("subscribe", conversation_id=conversation)
        assert agent.wait("error")["code"] == "CONVERSATION_NOT_FOUND"


def test_receipts_and_typing_reach_an_agent(server, api, app, sockets):
    conversation = api.open()["id"]
    agent = sockets.legacy_admin(server, app)
    agent.subscribe(conversation)
    client = sockets.legacy(server, api)
    client.wait("subscribed")
    client.send("user.typing", conversation_id=conversation)
    assert agent.wait("user.typing") == {
        "type": "user.typing", "conversation_id": conversation, "device_id": api.device, "is_typing": True}
    api.send(conversation, "Hello")
    assert agent.wait("user.typing", is_typing=False)
    sender = sockets.admin(server, app)
    sent = sender.call("message:send", {"conversation_id": conversation, "body": "Hi", "local_id": new_id()})["message"]
    api.ok(api.post(f"/conversations/{conversation}/messages/delivered", {"message_ids": [sent["id"]]}))
    assert agent.wait("message.status", message_id=sent["id"])["status"] == "DELIVERED"


@pytest.mark.parametrize("how", ["query", "bearer", "client key"])
def test_ways_to_come_in(server, api, app, sockets, how):
    query = {"query": f"&admin_token={access_token(app)}", "bearer": "", "client key": f"&api_key={app.key}"}[how]
    headers = {"Authorization": f"Bearer {access_token(app)}"} if how == "bearer" else None
    agent = sockets._keep(Legacy(server.websocket("/admin/realtime", f"app_id={app.id}{query}"), headers=headers))
    agent.wait("connection.established")


def test_a_client_key_is_no_credential_unless_that_is_switched_on(module_server, sockets):
    server = module_server(settings={"Admin": {"client_key_login": False}})
    app = server.create_app()
    agent = sockets.legacy_admin(server, app, api_key=app.key, admin_token=None)
    assert agent.next() == {"type": "error", "error": "Invalid credentials", "code": "INVALID_CREDENTIALS"}
    assert agent.wait_closed() == 4401 and agent.close_reason == "Invalid credentials"


def test_refusals(server, app, sockets):
    other = server.create_app()
    for changes in ({"app_id": None}, {"admin_token": None}):
        agent = sockets.legacy_admin(server, app, **changes)
        assert agent.next()["code"] == "MISSING_PARAMS"
        assert agent.wait_closed() == 4400
    for changes in ({"app_id": other.id}, {"app_id": "nobody"}, {"admin_token": "x"},
                    {"admin_token": access_token(app, secret="another")},
                    {"admin_token": access_token(app, lifetime=-100)}):
        agent = sockets.legacy_admin(server, app, **changes)
        assert agent.next()["code"] == "INVALID_CREDENTIALS"
        assert agent.wait_closed() == 4401


def test_a_role_that_may_not_see_conversations_hears_none(server, api, app, sockets):
    conversation = api.open()["id"]
    agent = sockets.legacy_admin(server, app, token=access_token(app, role="NOBODY"))
    agent.send("subscribe", conversation_id=conversation)
    assert agent.wait("error")["code"] == "FORBIDDEN"
