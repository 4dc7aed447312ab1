"""Rate limits: messages are delayed before they are refused, and clients are told how they stand (http.md 7)."""

import concurrent.futures
import time

import pytest
import requests

from support.api import expect_error, new_id
from support.server import MASTER_KEY


@pytest.fixture(scope="module")
def limited(module_server):
    """A server with the limits that it has by default."""
    return module_server(settings={"Rest": {"message_rate": 5, "device_rate": 20, "ip_rate": 200}})


@pytest.fixture(scope="module")
def strict(module_server):
    """A server on which a device may send three messages, and no fourth for a long time."""
    limits = {"message_rate": 0.01, "message_burst": 3, "message_max_delay": "0s", "device_rate": 0, "ip_rate": 0}
    return module_server(settings={"Rest": limits})


def draft():
    return {"local_id": new_id(), "body": "x", "device_context": None}


def test_a_queue_that_is_flushed_is_slowed_down_and_loses_nothing(limited):
    api = limited.api()
    path = f"/conversations/{api.open()['id']}/messages"
    began = time.monotonic()
    for _ in range(25):
        api.ok(api.post(path, draft()))
    # Twenty at once, then one each 200 ms.
    assert time.monotonic() - began > 0.95
    assert len(api.sync(api.open()["id"])) == 25


def test_far_beyond_the_limit_messages_are_refused_with_the_time_to_wait(limited):
    api = limited.api()
    path = f"/conversations/{api.open()['id']}/messages"
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(45) as pool:
        answers = list(pool.map(lambda own: own.post(path, draft()), [api.copy() for _ in range(45)]))
    took = time.monotonic() - began
    refused = [answer for answer in answers if answer.status_code != 200]
    # Twenty at once, then one each 200 ms, as they are answered.
    assert refused and 25 <= len(answers) - len(refused) <= 21 + 5 * took
    for answer in refused:
        body = expect_error(answer, 429, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded", "Maximum 5 messages per second")
        assert isinstance(body["retry_after"], int) and body["retry_after"] >= 1
        assert answer.headers["Retry-After"] == str(body["retry_after"])
    assert len(api.sync(api.open()["id"])) == len(answers) - len(refused)


def test_devices_do_not_share_a_limit(strict):
    api = strict.api()
    for own in (api, api.sibling(), strict.api(device=api.device)):
        path = f"/conversations/{own.open()['id']}/messages"
        assert [own.post(path, draft()).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_bodies_that_are_no_messages_cost_nothing(strict):
    api = strict.api()
    path = f"/conversations/{api.open()['id']}/messages"
    for _ in range(30):
        expect_error(api.post(path, {}), 400, "VALIDATION_ERROR")
    assert [api.post(path, draft()).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_every_answer_says_how_much_is_left(limited):
    api = limited.api()
    remaining = []
    for _ in range(3):
        headers = api.post("/conversations", {}).headers
        assert headers["RateLimit-Limit"] == "200"
        assert headers["RateLimit-Policy"].startswith("200;w=")
        assert int(headers["RateLimit-Reset"]) >= 0
        remaining.append(int(headers["RateLimit-Remaining"]))
    assert 195 <= remaining[-1] <= 199 and remaining[0] <= 199
    assert "RateLimit-Limit" in requests.get(f"{limited.url}/v1/nothing", timeout=10).headers
    assert "RateLimit-Limit" not in requests.get(f"{limited.url}/health", timeout=10).headers


def test_a_device_that_asks_too_much_is_refused(module_server):
    server = module_server(settings={"Rest": {"device_rate": 0.1, "device_burst": 5}})
    api = server.api()
    answers = [api.post("/identify", {"user": {"id": "u"}}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    body = expect_error(answers[-1], 429, "RATE_LIMIT_EXCEEDED", "Too many requests")
    assert isinstance(body["retry_after"], str) and body["retry_after"].endswith("seconds")
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert answers[-1].headers["RateLimit-Remaining"] == "0"
    assert api.sibling().post("/identify", {"user": {"id": "u"}}).status_code == 200


def test_the_address_is_limited_before_anybody_is_asked_who_it_is(module_server):
    server = module_server(settings={"Rest": {"ip_rate": 0.1, "ip_burst": 3}})
    answers = [requests.get(f"{server.url}/v1/nothing", timeout=10) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 429]
    expect_error(answers[-1], 429, "RATE_LIMIT_EXCEEDED", "Too many requests")
    assert requests.get(f"{server.url}/health", timeout=10).status_code == 200


def test_behind_a_trusted_proxy_each_address_counts_for_itself(module_server):
    server = module_server(settings={"Rest": {"ip_rate": 0.1, "ip_burst": 2}}, server={"trusted_proxies": ["127.0.0.1"]})

    def statuses(address, count):
        headers = {"X-Forwarded-For": address}
        return [requests.get(f"{server.url}/v1/x", headers=headers, timeout=10).status_code for _ in range(count)]

    assert statuses("203.0.113.1", 3) == [400, 400, 429]
    assert statuses("203.0.113.2", 2) == [400, 400]
    assert statuses("2001:db8:1:1::1", 2) == [400, 400]
    assert statuses("2001:db8:1:2::1", 1) == [429], "one /56"
    assert statuses("spoofed, 203.0.113.1", 1) == [429], "the right-most address that is no proxy counts"


def test_the_setup_routes_have_a_strict_limit_of_their_own(module_server):
    server = module_server(settings={"Admin": {"setup_rate": 0.1, "setup_burst": 3}})
    url, headers = f"{server.url}/setup/api/apps", {"X-Master-API-Key": MASTER_KEY}
    answers = [requests.get(url, headers=headers, timeout=10) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    expect_error(answers[-1], 429, "RATE_LIMIT_EXCEEDED")
