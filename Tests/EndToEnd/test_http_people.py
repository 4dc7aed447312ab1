"""Who a device belongs to, its push token, and what the app tracks (http.md 6.8 to 6.10)."""

import json

import pytest
import requests

from support.api import expect_error, new_id
from support.tokens import access_token, bearer


def user(**fields):
    return {"id": f"user-{new_id()}", "name": None, "email": None, "attributes": {}, **fields}


def detail(server, api, key):
    answer = requests.get(f"{server.url}/admin/api/users/{key}", headers=bearer(access_token(api.app)), timeout=10)
    return api.ok(answer)


def test_identifying_adopts_the_anonymous_conversation_and_keeps_its_context(api):
    conversation = api.open(device_context={"platform": "ios", "app_version": "3.2"})["id"]
    api.send(conversation, "Before")
    who = user(name="Ann", email="ann@example.org", attributes={"plan": "pro"})
    assert api.identify(who) == {"success": True}
    adopted = api.open(user=who)
    assert adopted["id"] == conversation
    assert adopted["metadata"]["device_context"] == {"platform": "ios", "app_version": "3.2"}
    assert adopted["metadata"]["user"] == {"id": who["id"], "name": "Ann", "email": "ann@example.org",
                                           "attributes": {"plan": "pro"}}
    assert [message["body"] for message in api.sync(conversation)] == ["Before"]


def test_a_second_user_of_the_device_does_not_get_the_firsts_conversation(api):
    """D-03, the leak on a shared phone."""
    first, second = user(), user()
    api.identify(first)
    of_first = api.open(user=first)["id"]
    api.send(of_first, "Private")
    api.identify(second)
    of_second = api.open(user=second)["id"]
    assert of_second != of_first
    assert api.sync(of_second) == []
    assert api.open(user=first)["id"] == of_first


def test_identifying_again_changes_nothing_about_who_owns_what(api):
    who = user()
    own = api.open(user=who)["id"]
    anonymous = api.open()["id"]
    for _ in range(2):
        assert api.identify(who) == {"success": True}
    assert api.open(user=who)["id"] == own
    assert api.open()["id"] == anonymous, "the user has a conversation here, so the anonymous one stays"


def test_the_profile_is_stored_by_identify_and_not_by_opening(server, api):
    who = user(name="Ann")
    api.open(user={**who, "name": "Not stored"})
    assert detail(server, api, f"user:{who['id']}")["user"]["name"] is None
    api.identify(who)
    assert detail(server, api, f"user:{who['id']}")["user"]["name"] == "Ann"


def test_identifying_before_there_is_a_conversation_makes_the_device_known(server, api):
    who = user()
    api.identify(who)
    [device] = detail(server, api, f"user:{who['id']}")["user"]["devices"]
    assert (device["device_id"], device["platform"]) == (api.device, "unknown")


@pytest.mark.parametrize("body", [{}, {"user": None}, {"user": {}}, {"user": {"id": ""}}, {"user": {"id": "u", "email": "x"}}],
                         ids=range(5))
def test_an_identification_without_a_sound_user_is_refused(api, body):
    expect_error(api.post("/identify", body), 400, "VALIDATION_ERROR", "Invalid request body")


@pytest.mark.parametrize("attributes, is_valid", [
    ({str(number): "x" for number in range(50)}, True), ({str(number): "x" for number in range(51)}, False),
    ({"a": {"b": {"c": {"d": 1}}}}, True), ({"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}, False),
    ({"a": "x" * 1024}, True), ({"a": "x" * 1025}, False),
], ids=["50 keys", "51 keys", "4 levels", "6 levels", "1 kB", "more than 1 kB"])
def test_attributes_are_bounded(api, attributes, is_valid):
    answer = api.post("/identify", {"user": user(attributes=attributes)})
    if is_valid:
        assert api.ok(answer) == {"success": True}
    else:
        expect_error(answer, 400, "VALIDATION_ERROR")


# Push tokens

def token_body(api, **changes):
    return {"token": f"token-{new_id()}", "platform": "android", "device_id": api.device, **changes}


@pytest.mark.parametrize("platform, provider", [("android", "fcm"), ("ios", "apns")])
def test_a_push_token_is_kept_with_its_provider_and_never_shown(server, api, platform, provider):
    who = user()
    api.identify(who)
    body = token_body(api, platform=platform)
    assert api.ok(api.post("/push-token", body)) == {"success": True}
    shown = detail(server, api, f"user:{who['id']}")
    [device] = shown["user"]["devices"]
    assert device["push_token_provider"] == provider and device["push_token_updated_at"]
    assert device["platform"] == platform
    assert body["token"] not in json.dumps(shown)


def test_a_token_moves_to_the_device_that_registers_it_last(server, api):
    body, other = token_body(api), api.sibling()
    api.ok(api.post("/push-token", body))
    other.ok(other.post("/push-token", {**body, "device_id": other.device}))
    for device, has_token in ((api, False), (other, True)):
        device.open()
        [shown] = detail(server, api, f"device:{device.device}")["user"]["devices"]
        assert (shown["push_token_provider"] is not None) == has_token


def test_one_device_cannot_redirect_anothers_notifications(api):
    """D-11."""
    expect_error(api.post("/push-token", token_body(api, device_id="another")), 400, "VALIDATION_ERROR")


@pytest.mark.parametrize("changes", [{"token": "short"}, {"token": "x" * 9}, {"token": None}, {"platform": "web"},
                                     {"platform": None}, {"device_id": ""}, {"device_id": None}], ids=range(7))
def test_a_wrong_push_token_is_refused(api, changes):
    expect_error(api.post("/push-token", token_body(api, **changes)), 400, "VALIDATION_ERROR", "Invalid request body")


# Events

@pytest.mark.parametrize("extra", [
    {}, {"properties": None, "user_plan": None, "user_country": None, "session_id": None, "platform": None,
         "app_version": None},
    {"properties": {"a": "b", "n": 1}, "user_plan": "pro", "user_country": "DE", "session_id": "s", "platform": "ios",
     "app_version": "1"}], ids=["bare", "nulls", "full"])
def test_an_event_is_accepted(api, extra):
    body = {"user_id": "u", "event_name": "opened", **extra}
    assert api.ok(api.post("/events/track", body)) == {"success": True}


@pytest.mark.parametrize("body", [{}, {"user_id": "u"}, {"event_name": "e"}, {"user_id": "", "event_name": "e"},
                                  {"user_id": "u", "event_name": "e", "properties": []},
                                  {"user_id": "u", "event_name": "e", "user_plan": 1}], ids=range(6))
def test_a_wrong_event_is_refused(api, body):
    expect_error(api.post("/events/track", body), 400, "VALIDATION_ERROR", "Invalid request body")
