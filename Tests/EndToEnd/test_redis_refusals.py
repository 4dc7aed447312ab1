"""A Redis that answers and refuses: what it lets nobody do is found at the start or as soon as it is so, stands in the log
and in `/readyz` in Redis' own words, and is said once each way."""

import pytest
import requests

from support.server import configuration
from support.waiting import wait_until

USER = ("ACL", "SETUSER", "chat", "reset", "on", ">s3cret", "~*", "+@all", "allchannels")


def nodes(postgres, redis):
    url = f"redis://chat:s3cret@127.0.0.1:{redis.port}/0"
    return configuration(topology="redis", log={"level": "info"}, plugins=[
        {"name": "Postgres", "settings": {"url": postgres.url(postgres.create_database())}},
        *({"name": name} for name in ("Chat", "Presence", "SocketIO", "Rest", "Admin")),
        {"name": "Redis", "settings": {"url": url}}])


def readiness(server):
    answer = requests.get(f"{server.url}/readyz", timeout=10)
    plugins = {plugin["name"]: plugin for plugin in answer.json()["plugins"]}
    return answer.status_code, plugins["Redis"]["state"], plugins["Redis"].get("reason") or ""


def degradations(server, words):
    return [line for line in server.log.splitlines() if "degraded" in line and words in line]


@pytest.mark.parametrize("lacks, words", [
    (["resetchannels"], "channels"),
    (["-publish"], "'publish'"),
    (["-subscribe"], "'subscribe'"),
    (["-eval", "-evalsha"], "'eval'"),
    (["resetkeys", "~other:*"], "keys"),
])
def test_a_right_that_is_missing_refuses_the_start_and_is_named(own_server, postgres, redis, lacks, words):
    redis.ok(*USER, *lacks)
    server = own_server(nodes(postgres, redis), start=False).spawn()
    assert server.wait_end() != 0
    said = server.log + "\n".join(server.output)
    assert "NOPERM" in said and words in said and "~rq:* &rq:* +hello" in said
    assert "s3cret" not in said


def test_rights_that_are_taken_away_make_it_unready_until_they_are_given_back(own_server, postgres, redis):
    redis.ok(*USER)
    server = own_server(nodes(postgres, redis))
    assert readiness(server)[:2] == (200, "ready")
    redis.ok("ACL", "SETUSER", "chat", "resetchannels")
    wait_until(lambda: readiness(server)[0] == 503 and "NOPERM" in readiness(server)[2])
    redis.ok("ACL", "SETUSER", "chat", "allchannels")
    wait_until(lambda: readiness(server)[:2] == (200, "ready"))
    assert server.log.count("Redis can be used again") == 1
    assert len(degradations(server, "NOPERM")) <= 1


def test_a_redis_without_memory_is_said_once_each_way_and_events_go_on(own_server, postgres, redis, sockets):
    redis.ok(*USER)
    server = own_server(nodes(postgres, redis))
    api = server.api()
    conversation = api.open()["id"]
    listener = sockets.client(server, api)
    listener.join(conversation)
    redis.ok("CONFIG", "SET", "maxmemory-policy", "noeviction")
    redis.ok("CONFIG", "SET", "maxmemory", "1")
    # Whoever connects now has no lease.
    sockets.client(server, api.sibling())
    wait_until(lambda: len(degradations(server, "OOM command not allowed")) == 2)
    code, state, reason = readiness(server)
    assert (code, state) == (200, "degraded") and "OOM command not allowed" in reason
    api.send(conversation, "hello")
    listener.wait("message:new", body="hello")
    redis.ok("CONFIG", "SET", "maxmemory", "0")
    wait_until(lambda: readiness(server)[:2] == (200, "ready"))
    wait_until(lambda: "The directory of all nodes is used again" in server.log)
    assert len(degradations(server, "OOM")) == 2
    assert server.log.count("Redis can be used again") == 1
