"""A server killed under load: what it acknowledged is there once, what it did not can be repeated."""

import random
import threading

import pytest
import requests

from support.api import new_id

THREADS = 6


def post_until_dead(api, conversation, drafts, results):
    """Posts one message after the other and writes down which were answered."""
    own = api.copy()
    for local_id in drafts:
        try:
            draft = {"local_id": local_id, "body": local_id}
            answer = own.post(f"/conversations/{conversation}/messages", draft, timeout=30)
        except requests.RequestException:
            results.append((local_id, None))
            return
        if answer.status_code != 200:
            results.append((local_id, None))
            continue
        results.append((local_id, answer.json()["message"]["id"]))


@pytest.mark.timeout(90)
def test_what_was_acknowledged_survives_a_kill_exactly_once(own_server):
    chance = random.Random(20260123)
    server = own_server()
    app = server.create_app()
    api = server.api(app)
    conversation = api.open()["id"]
    acknowledged = {}

    for _ in range(3):
        results = [[] for _ in range(THREADS)]
        threads = [threading.Thread(target=post_until_dead,
                                    args=(api, conversation, [new_id() for _ in range(2000)], result))
                   for result in results]
        for thread in threads:
            thread.start()
        # At a moment that differs from run to run only by how fast the machine is.
        enough = chance.randint(40, 200)
        while sum(map(len, results)) < enough and any(thread.is_alive() for thread in threads):
            threads[0].join(0.005)
        server.kill()
        for thread in threads:
            thread.join()

        outcome = [entry for result in results for entry in result]
        answered = {local_id: message for local_id, message in outcome if message}
        unanswered = [local_id for local_id, message in outcome if not message]
        assert len(answered) >= enough - THREADS and unanswered
        acknowledged.update(answered)

        server.start()
        api = server.api(app, api.device)
        stored = api.sync(conversation, limit=200)
        found = [message["local_id"] for message in stored]
        assert len(found) == len(set(found)), "doubled"
        by_local = {message["local_id"]: message["id"] for message in stored}
        assert {local_id: by_local.get(local_id) for local_id in acknowledged} == acknowledged
        assert set(found) - set(acknowledged) <= set(unanswered)
        numbers = [message["sequence"] for message in stored]
        assert numbers == sorted(set(numbers))

        for local_id in unanswered:
            message = api.send(conversation, local_id, local_id)
            assert by_local.get(local_id, message["id"]) == message["id"]
            acknowledged[local_id] = message["id"]
        found = [message["local_id"] for message in api.sync(conversation, limit=200)]
        assert sorted(found) == sorted(acknowledged)
