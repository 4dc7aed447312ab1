"""The dashboard's HTTP routes and set-up (http.md 9, 10)."""

import pytest
import requests

from support.api import expect_error, new_id
from support.server import MASTER_KEY
from support.tokens import access_token, bearer


class Admin:
    """What one agent may ask."""

    def __init__(self, server, app, role="OWNER"):
        self.url = f"{server.url}/admin/api"
        self.session = requests.Session()
        self.session.headers.update(bearer(access_token(app, role)))

    def request(self, method, path, **options):
        return self.session.request(method, self.url + path, timeout=10, **options)

    def ok(self, method, path, **options):
        answer = self.request(method, path, **options)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        assert answer.headers["Content-Type"] == "application/json"
        return answer.json()


@pytest.fixture
def admin(server, app):
    return Admin(server, app)


# Who may

@pytest.mark.parametrize("headers, code", [
    ({}, "MISSING_AUTH_HEADER"), ({"Authorization": "Basic eDp5"}, "INVALID_AUTH_FORMAT"),
    ({"Authorization": "Bearer"}, "INVALID_AUTH_FORMAT"), ({"Authorization": "Bearer a b"}, "INVALID_AUTH_FORMAT"),
    ({"Authorization": "Bearer x"}, "INVALID_TOKEN"), ({"Authorization": "Bearer a.b.c"}, "INVALID_TOKEN")],
    ids=range(6))
def test_a_request_without_a_sound_token_is_a_401(server, headers, code):
    for path in ("users", "conversations", "dashboard/stats"):
        answer = requests.get(f"{server.url}/admin/api/{path}", headers=headers, timeout=10)
        expect_error(answer, 401, code)


@pytest.mark.parametrize("changes, code", [
    ({"lifetime": -1}, "TOKEN_EXPIRED"), ({"secret": "another secret, long enough to be taken for one"}, "INVALID_TOKEN"),
    ({"algorithm": "none"}, "INVALID_TOKEN"), ({"algorithm": "HS512"}, "INVALID_TOKEN"), ({"iss": "else"}, "INVALID_TOKEN"),
    ({"aud": "else"}, "INVALID_TOKEN"), ({"iss": None}, "INVALID_TOKEN"), ({"aud": None}, "INVALID_TOKEN"),
    ({"exp": None}, "INVALID_TOKEN"), ({"appId": None}, "INVALID_TOKEN"), ({"role": None}, "INVALID_TOKEN"),
    ({"nbf": 99999999999}, "INVALID_TOKEN"), ({"exp": "soon"}, "INVALID_TOKEN")], ids=range(13))
def test_a_wrong_token_is_refused(server, app, changes, code):
    headers = bearer(access_token(app, **changes))
    expect_error(requests.get(f"{server.url}/admin/api/users", headers=headers, timeout=10), 401, code)


def test_a_changed_token_is_refused_even_after_the_true_one_was_accepted(server, app):
    token = access_token(app)
    url = f"{server.url}/admin/api/users"
    assert requests.get(url, headers=bearer(token), timeout=10).status_code == 200
    head, claims, signature = token.split(".")
    _, other_claims, _ = access_token(server.create_app()).split(".")
    forged = f"{head}.{other_claims}.{signature}"
    expect_error(requests.get(url, headers=bearer(forged), timeout=10), 401, "INVALID_TOKEN")


@pytest.mark.parametrize("role, lacks", [("OWNER", set()), ("ADMIN", set()), ("AGENT", {"manage:conversations"}),
                                         ("GUEST", {"view:users", "view:conversations", "manage:conversations",
                                                    "send:messages"})])
def test_each_role_may_do_what_its_permissions_say(server, api, role, lacks):
    admin, conversation = Admin(server, api.app, role), api.open()["id"]
    calls = {"view:users": [("GET", "/users", None), ("GET", f"/users/device:{api.device}", None)],
             "view:conversations": [("GET", "/conversations", None), ("GET", "/dashboard/stats", None),
                                    ("GET", f"/conversations/{conversation}/messages", None)],
             "manage:conversations": [("POST", "/conversations", {"device_id": "d"}),
                                      ("PATCH", f"/conversations/{conversation}", {"status": "open"})],
             "send:messages": [("POST", f"/conversations/{conversation}/messages", {"body": "x"})]}
    for permission, requests_ in calls.items():
        for method, path, body in requests_:
            answer = admin.request(method, path, json=body)
            if permission in lacks:
                assert expect_error(answer, 403, "FORBIDDEN")["missing_permissions"] == [permission]
            else:
                assert answer.status_code == 200, f"{role} {method} {path}: {answer.text}"


def test_an_apps_key_is_a_login_only_where_that_is_switched_on(server, api, module_server):
    headers = {"X-App-ID": api.app.id, "X-API-Key": api.app.key}
    query = {"app_id": api.app.id, "api_key": api.app.key}
    url = f"{server.url}/admin/api/conversations"
    assert requests.get(url, headers=headers, timeout=10).status_code == 200
    assert requests.get(url, params=query, timeout=10).status_code == 200
    expect_error(requests.get(url, headers={"X-App-ID": api.app.id}, timeout=10), 401, "MISSING_AUTH_HEADERS")
    expect_error(requests.get(url, params={"app_id": api.app.id}, timeout=10), 400, "MISSING_PARAMS")
    expect_error(requests.get(url, params={**query, "api_key": "x"}, timeout=10), 403, "INVALID_CREDENTIALS")
    strict = module_server(settings={"Admin": {"client_key_login": False}})
    app = strict.create_app()
    url = f"{strict.url}/admin/api/conversations"
    for options in ({"headers": {"X-App-ID": app.id, "X-API-Key": app.key}},
                    {"params": {"app_id": app.id, "api_key": app.key}}):
        expect_error(requests.get(url, timeout=10, **options), 401, "MISSING_AUTH_HEADER")


def test_without_a_secret_no_token_is_believed(module_server):
    server = module_server(variables={"JWT_SECRET": ""})
    app = server.create_app()
    for secret in ("", "secret", "default-secret"):
        headers = bearer(access_token(app, secret=secret))
        expect_error(requests.get(f"{server.url}/admin/api/users", headers=headers, timeout=10), 401, "INVALID_TOKEN")


# Conversations

C = ["conversation_id", "user_id", "device_id", "status", "updated_at", "created_at", "device_context", "last_message",
     "last_sender", "last_message_at", "is_online", "display_name"]


def test_conversations_are_listed_latest_first_with_all_their_fields(server, api, admin):
    first, second = api, api.sibling()
    older = first.open(user={"id": "u-7"}, device_context={"platform": "ios"})["id"]
    newer = second.open()["id"]
    message = first.send(older, "<b>Hi</b> & 'bye'")
    rows = admin.ok("GET", "/conversations")["conversations"]
    assert [row["conversation_id"] for row in rows] == [older, newer]
    assert list(rows[0]) == C and list(rows[1]) == C
    assert rows[0]["last_message"] == "<b>Hi</b> & 'bye'", "never escaped"
    assert (rows[0]["last_sender"], rows[0]["last_message_at"]) == ("user", message["created_at"])
    assert rows[0]["display_name"] == "User u-7" and rows[0]["device_context"] == {"platform": "ios"}
    assert rows[1]["display_name"] == f"Visitor {second.device[:6]}"
    assert rows[1]["user_id"] is None and rows[1]["last_message"] is None
    assert rows[0]["is_online"] is False


def test_conversations_come_in_pages(api, admin):
    opened = [device.open()["id"] for device in [api] + [api.sibling() for _ in range(6)]]
    seen, cursor = [], None
    while True:
        page = admin.ok("GET", "/conversations", params={"limit": 3, "cursor": cursor})
        assert 1 <= len(page["conversations"]) <= 3
        seen += [row["conversation_id"] for row in page["conversations"]]
        cursor = page.get("next_cursor")
        if not cursor:
            break
    assert sorted(seen) == sorted(opened) and len(seen) == 7
    expect_error(admin.request("GET", "/conversations", params={"cursor": "junk!"}), 400, "INVALID_CURSOR")


def test_nothing_of_another_app_is_shown_or_changed(server, api, admin):
    stranger = server.api()
    foreign = stranger.open()["id"]
    stranger.send(foreign, "Private")
    api.open()
    assert foreign not in str(admin.ok("GET", "/conversations"))
    assert stranger.device not in str(admin.ok("GET", "/users"))
    assert admin.ok("GET", f"/users/device:{stranger.device}")["conversations"] == []
    for method, path, body in (("GET", f"/conversations/{foreign}/messages", None),
                               ("POST", f"/conversations/{foreign}/messages", {"body": "x"}),
                               ("PATCH", f"/conversations/{foreign}", {"status": "resolved"})):
        expect_error(admin.request(method, path, json=body), 404, "CONVERSATION_NOT_FOUND")


def test_who_is_online_is_shown(server, api, admin, sockets):
    api.open(user={"id": "u-1"})
    other = api.sibling()
    other.open()
    sockets.client(server, api)
    online = {row["device_id"]: row["is_online"] for row in admin.ok("GET", "/conversations")["conversations"]}
    assert online == {api.device: True, other.device: False}
    assert {user["user_key"]: user["is_online"] for user in admin.ok("GET", "/users")["users"]} == {
        "user:u-1": True, f"device:{other.device}": False}
    stats = admin.ok("GET", "/dashboard/stats")
    assert stats["online_conversations"] == 1


def test_an_agent_opens_a_conversation_with_a_device(api, admin):
    body = {"device_id": f"  {api.device} ", "user_id": "u-9", "device_context": {"platform": "web"}}
    made = admin.ok("POST", "/conversations", json=body)["conversation"]
    assert set(made) >= {"id", "device_id", "user_id", "status", "created_at"}
    assert (made["device_id"], made["user_id"], made["status"]) == (api.device, "u-9", "open")
    assert api.open(user={"id": "u-9"})["id"] == made["id"]
    assert admin.ok("POST", "/conversations", json=body)["conversation"]["id"] == made["id"]
    for wrong in ({}, {"device_id": " "}, {"device_id": None}):
        expect_error(admin.request("POST", "/conversations", json=wrong), 400, "MISSING_DEVICE_ID")


def test_resolving_is_announced_and_a_message_of_the_user_reopens(server, api, admin, app, sockets):
    """D-51."""
    conversation = api.open()["id"]
    watcher = sockets.admin(server, app)
    resolved = admin.ok("PATCH", f"/conversations/{conversation}", json={"status": "resolved"})["conversation"]
    assert resolved["status"] == "resolved"
    event = watcher.wait("conversation:updated")
    assert event["conversation_id"] == conversation and event["status"] == "resolved"
    assert api.open()["status"] == "resolved"
    admin.ok("POST", f"/conversations/{conversation}/messages", json={"body": "An agent's does not reopen"})
    assert api.open()["status"] == "resolved"
    message = api.send(conversation, "One more thing")
    assert watcher.wait("conversation:updated")["status"] == "open"
    assert watcher.wait("message:new", id=message["id"])
    assert api.open()["status"] == "open"
    for body in ({}, {"status": "closed"}, {"status": None}):
        answer = admin.request("PATCH", f"/conversations/{conversation}", json=body)
        assert answer.status_code == 400, answer.text
    expect_error(admin.request("PATCH", "/conversations/none", json={"status": "open"}), 404, "CONVERSATION_NOT_FOUND")


# Messages

def test_an_agent_reads_and_writes_messages(server, api, admin, sockets):
    conversation = api.open()["id"]
    client = sockets.client(server, api)
    question = api.send(conversation, "Hi")
    answer = admin.ok("POST", f"/conversations/{conversation}/messages", json={"body": "  Hello  "})["message"]
    assert (answer["sender"], answer["body"]) == ("agent", "  Hello  ")
    assert len(answer["local_id"]) == 36
    client.wait("message:new", id=answer["id"])
    listed = admin.ok("GET", f"/conversations/{conversation}/messages")
    assert listed == {"messages": [question, answer]}
    assert admin.ok("GET", f"/conversations/{conversation}/messages", params={"limit": 1})["messages"] == [question]


@pytest.mark.parametrize("body, code", [({}, "MISSING_BODY"), ({"body": ""}, "MISSING_BODY"), ({"body": " \n"}, "MISSING_BODY"),
                                        ({"body": None}, "MISSING_BODY"), ({"body": 7}, "MISSING_BODY"),
                                        ({"body": "x" * 5001}, "MESSAGE_TOO_LONG")], ids=range(6))
def test_a_wrong_answer_is_refused(api, admin, body, code):
    answer = admin.request("POST", f"/conversations/{api.open()['id']}/messages", json=body)
    message = "Message body cannot exceed 5000 characters" if code == "MESSAGE_TOO_LONG" else None
    expect_error(answer, 400, code, message=message)


def test_statistics_count_conversations(api, admin):
    ids = [device.open()["id"] for device in (api, api.sibling(), api.sibling())]
    admin.ok("PATCH", f"/conversations/{ids[0]}", json={"status": "resolved"})
    stats = admin.ok("GET", "/dashboard/stats")
    assert list(stats) == ["total_conversations", "open_conversations", "resolved_conversations", "online_conversations",
                           "generated_at"]
    assert [stats[name] for name in list(stats)[:4]] == [3, 2, 1, 0]


# Users

def test_users_are_people_over_all_their_devices(api, admin):
    who = {"id": f"user-{new_id()}", "name": "Ann", "email": "ann@example.org", "attributes": {"plan": "pro"}}
    devices = [api, api.sibling()]
    for device in devices:
        device.open(user=who, device_context={"platform": "ios"})
        device.identify(who)
    message = devices[0].send(devices[0].open(user=who)["id"], "Hi")
    visitor = api.sibling()
    visitor.open()
    users = {user["user_key"]: user for user in admin.ok("GET", "/users")["users"]}
    assert set(users) == {f"user:{who['id']}", f"device:{visitor.device}"}
    user = users[f"user:{who['id']}"]
    assert list(user) == ["user_key", "user_id", "device_ids", "conversation_count", "primary_conversation_id",
                          "last_message", "last_sender", "last_message_at", "last_seen_at", "created_at", "is_online",
                          "display_name"]
    assert sorted(user["device_ids"]) == sorted(device.device for device in devices)
    assert (user["conversation_count"], user["display_name"]) == (2, "Ann")
    assert (user["last_message"], user["primary_conversation_id"]) == ("Hi", message["conversation_id"])
    assert users[f"device:{visitor.device}"]["display_name"] == f"Visitor {visitor.device[:6]}"


def test_a_user_is_shown_with_conversations_and_devices(api, admin):
    who = {"id": "u/ö 1", "name": "Ann", "email": "ann@example.org", "attributes": {"plan": "pro"}}
    conversation = api.open(user=who, device_context={"platform": "ios"})["id"]
    api.identify(who)
    shown = admin.ok("GET", "/users/user:u%2F%C3%B6%201")
    assert list(shown) == ["user", "conversations", "broadcasts"]
    user = shown["user"]
    assert list(user) == ["user_key", "user_id", "device_id", "display_name", "name", "email", "attributes",
                          "device_context", "devices", "created_at", "last_seen_at", "is_online"]
    assert (user["user_id"], user["name"], user["email"], user["attributes"]) == (
        who["id"], "Ann", "ann@example.org", {"plan": "pro"})
    assert [row["conversation_id"] for row in shown["conversations"]] == [conversation]
    [device] = user["devices"]
    assert list(device) == ["device_id", "user_id", "platform", "push_token_provider", "push_token_updated_at",
                            "created_at", "updated_at"]


def test_the_conversations_of_one_user_come_in_pages_and_the_user_stays_the_same(api, admin):
    who = {"id": "u-many", "name": "Ann", "attributes": {"plan": "pro"}}
    first = api.open(user=who)["id"]
    api.identify(who)
    opened = [first] + [api.sibling().open(user={"id": who["id"]})["id"] for _ in range(4)]
    seen, cursor, users = [], "", []
    while cursor is not None:
        shown = admin.ok("GET", f"/users/user:u-many?limit=2&cursor={cursor}")
        assert len(shown["conversations"]) <= 2
        seen += [row["conversation_id"] for row in shown["conversations"]]
        users.append(shown["user"])
        cursor = shown.get("next_cursor")
    assert sorted(seen) == sorted(opened)
    assert users == [users[0]] * 3 and users[0]["attributes"] == {"plan": "pro"}
    assert users[0]["created_at"] == min(row["created_at"] for row in admin.ok("GET", "/conversations")["conversations"])


def test_the_page_of_one_user_has_all_conversations_when_no_page_is_asked_for(api, admin):
    def read(query=""):
        shown = admin.ok("GET", f"/users/user:u-whole{query}")
        return {row["conversation_id"] for row in shown["conversations"]}, shown.get("next_cursor")

    opened = {api.sibling().open(user={"id": "u-whole"})["id"] for _ in range(1_000)}
    for query in ("", "?status=closed", "?cursor=%21", "?limit=x", "?limit=1&limit=2"):
        assert read(query) == (opened, None)
    # More than that are never read at once.
    opened |= {api.sibling().open(user={"id": "u-whole"})["id"] for _ in range(3)}
    latest, cursor = read()
    assert len(latest) == 1_000
    rest, end = read(f"?cursor={cursor}")
    assert latest | rest == opened and len(rest) == 3 and end is None


def test_an_unknown_user_is_empty_and_a_wrong_key_is_refused(admin):
    shown = admin.ok("GET", "/users/user:nobody")
    assert shown["conversations"] == [] and shown["user"]["devices"] == []
    for key in ("nobody", "user:", "person:x"):
        expect_error(admin.request("GET", f"/users/{key}"), 400, "INVALID_USER_KEY")


# Set-up

def test_set_up_asks_for_the_master_key(server):
    url = f"{server.url}/setup/api/apps"
    for method in ("GET", "POST"):
        expect_error(requests.request(method, url, timeout=10), 401, "MISSING_MASTER_KEY")
        expect_error(requests.request(method, url, headers={"X-Master-API-Key": "wrong"}, timeout=10), 403,
                     "INVALID_MASTER_KEY")
    headers = {"X-Master-API-Key": MASTER_KEY}
    for body in ({}, {"name": ""}, {"name": "  "}, {"name": None}, {"name": 7}):
        expect_error(requests.post(url, json=body, headers=headers, timeout=10), 400, "MISSING_NAME")


def test_apps_are_listed_newest_first_without_their_keys(server, app):
    newest = server.create_app("The newest")
    answer = requests.get(f"{server.url}/setup/api/apps", headers={"X-Master-API-Key": MASTER_KEY}, timeout=10)
    apps = answer.json()["apps"]
    assert [apps[0]["id"], apps[1]["id"]] == [newest.id, app.id]
    assert all(list(listed) == ["id", "name", "created_at"] for listed in apps)
    assert newest.key not in answer.text


def test_without_a_master_key_set_up_is_closed(module_server):
    server = module_server(variables={"MASTER_API_KEY": ""})
    answer = requests.get(f"{server.url}/setup/api/apps", headers={"X-Master-API-Key": ""}, timeout=10)
    expect_error(answer, 500, "MASTER_KEY_NOT_SET")
