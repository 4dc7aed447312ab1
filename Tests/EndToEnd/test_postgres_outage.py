"""PostgreSQL goes away in every way it can: sockets stay, sends are refused honestly, and it all comes back."""

import threading
import time

import pytest
import requests

from support.api import expect_error, new_id
from support.server import configuration
from support.waiting import wait_until

# Long enough for a send to be refused by its own time limits, on a busy machine.
PATIENCE = 30


def on(cluster, database, **settings):
    """A configuration with quick limits, so that a test of a hanging server ends soon."""
    limits = {"connect_timeout": "2s", "statement_timeout": "5s", **settings}
    config = configuration(plugins=[])
    config["plugins"] = [
        {"name": "Postgres", "settings": {"url": cluster.url(database), **limits}},
        {"name": "Chat"}, {"name": "Presence", "settings": {"offline_grace": "0ms"}}, {"name": "SocketIO"},
        {"name": "Rest", "settings": {"message_rate": 0, "device_rate": 0, "ip_rate": 0}},
        {"name": "Admin", "settings": {"client_key_login": True, "setup_rate": 0}},
    ]
    return config


def try_send(api, conversation, local_id, body="?", timeout=PATIENCE):
    return api.post(f"/conversations/{conversation}/messages", {"local_id": local_id, "body": body}, timeout=timeout)


def expect_refused(answer):
    body = expect_error(answer, 503, "SERVICE_UNAVAILABLE")
    assert int(answer.headers["Retry-After"]) >= 1
    return body


def send_when_back(api, conversation, local_id, body="?"):
    """Repeats a send as a client does, until it is taken. Only a limit of time, nothing is waited out."""
    end = time.monotonic() + PATIENCE
    while True:
        answer = try_send(api, conversation, local_id, body)
        if answer.status_code == 200:
            return answer.json()["message"]
        expect_refused(answer)
        assert time.monotonic() < end, "the store did not come back"


def wait_ready(server, is_ready):
    end = time.monotonic() + PATIENCE
    while True:
        answer = requests.get(f"{server.url}/readyz", timeout=PATIENCE)
        if (answer.status_code == 200) == is_ready:
            return answer.json()
        assert time.monotonic() < end, answer.text


def lines(server, text):
    return [line for line in server.log_lines if text in line]


@pytest.fixture
def scene(own_server, own_postgres, sockets):
    """A cluster, a server on it, two connected devices, of which one has a conversation, and an agent."""
    class Scene:
        cluster = own_postgres()
        database = cluster.create_database()
        server = own_server(on(cluster, database))
        app = server.create_app()
        api = server.api(app)
        conversation = api.open()["id"]
        admin = sockets.stock_admin(server, app)
        client = sockets.stock_client(server, api)
        other_api = api.sibling()
        other = sockets.stock_client(server, other_api)

    Scene.client.wait("conversation:joined")
    Scene.admin.call("conversation:join", {"conversation_id": Scene.conversation})
    Scene.api.send(Scene.conversation, "before")
    assert Scene.client.wait("message:new")["body"] == "before"
    return Scene


def assert_sockets_live(scene):
    """Typing and presence need no store."""
    scene.client.emit("typing:start", {"conversation_id": scene.conversation})
    typing = scene.admin.wait("user:typing")
    assert typing["conversation_id"] == scene.conversation and typing["is_typing"] is True
    scene.other.close()
    while (presence := scene.admin.wait("presence:change"))["is_online"]:
        pass
    assert presence["device_id"] == scene.other_api.device


def assert_stored_once(scene, expected):
    """What is stored, in order, is exactly what was acknowledged."""
    stored = scene.api.sync(scene.conversation, limit=200)
    assert [message["body"] for message in stored] == expected
    numbers = [message["sequence"] for message in stored]
    assert numbers == sorted(set(numbers))


@pytest.mark.timeout(120)
@pytest.mark.parametrize("ending", ["fast", "immediate", "killed"])
def test_a_server_that_ends_and_comes_back(scene, sockets, ending):
    if ending == "killed":
        scene.cluster.kill()
    else:
        scene.cluster.stop(ending)

    local_id = new_id()
    for _ in range(3):
        expect_refused(try_send(scene.api, scene.conversation, local_id, "during"))
    report = wait_ready(scene.server, False)
    state = next(plugin for plugin in report["plugins"] if plugin["name"] == "Postgres")
    assert state["state"] != "ready" and state["reason"]
    assert_sockets_live(scene)

    scene.cluster.start()
    first = send_when_back(scene.api, scene.conversation, local_id, "during")
    again = send_when_back(scene.api, scene.conversation, local_id, "during")
    assert again["id"] == first["id"]
    wait_ready(scene.server, True)
    assert scene.client.wait("message:new")["id"] == first["id"]
    assert_stored_once(scene, ["before", "during"])
    # The log says it once each way, the second time when all connections are back.
    scene.server.wait_log("The database can be used again", PATIENCE)
    assert len(lines(scene.server, "The database cannot be used")) == 1
    assert len(lines(scene.server, "The database can be used again")) == 1
    assert not lines(scene.server, "request failed"), "a line for each request buries the one that matters"


@pytest.mark.timeout(120)
def test_a_server_that_hangs_is_given_up_and_used_again(scene, sockets):
    scene.cluster.freeze()
    try:
        local_id = new_id()
        began = time.monotonic()
        expect_refused(try_send(scene.api, scene.conversation, local_id, "during"))
        assert time.monotonic() - began < PATIENCE
        wait_ready(scene.server, False)
        assert_sockets_live(scene)
    finally:
        scene.cluster.freeze(False)

    message = send_when_back(scene.api, scene.conversation, local_id, "during")
    wait_ready(scene.server, True)
    assert_stored_once(scene, ["before", "during"])
    assert scene.client.wait("message:new")["id"] == message["id"]


@pytest.mark.timeout(120)
def test_a_server_that_only_reads_refuses_sends_and_still_answers_reads(scene):
    scene.cluster.configure(default_transaction_read_only="on")
    scene.cluster.reload()
    local_id = new_id()
    end = time.monotonic() + PATIENCE
    # The sessions take the setting when they next look.
    while (answer := try_send(scene.api, scene.conversation, local_id, "during")).status_code == 200:
        local_id = new_id()
        assert time.monotonic() < end
    expect_refused(answer)

    scene.cluster.configure(default_transaction_read_only="off")
    scene.cluster.reload()
    message = send_when_back(scene.api, scene.conversation, local_id, "during")
    found = [stored["id"] for stored in scene.api.sync(scene.conversation, limit=200)]
    assert found.count(message["id"]) == 1


@pytest.mark.timeout(120)
def test_a_full_disk_is_said_and_forgotten_when_there_is_room(scene):
    scene.cluster.sql(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION refuse();
        """, scene.database)
    local_id = new_id()
    answer = try_send(scene.api, scene.conversation, local_id, "during")
    assert answer.status_code in (503, 507), answer.text
    assert answer.json()["code"] == "STORAGE_FULL"
    # Reads do not suffer.
    assert_stored_once(scene, ["before"])

    scene.cluster.sql("DROP TRIGGER refuse ON messages", scene.database)
    send_when_back(scene.api, scene.conversation, local_id, "during")
    assert_stored_once(scene, ["before", "during"])


class Results:
    """What became of sends, from several threads."""

    def __init__(self):
        self.entries = []
        self._grew = threading.Condition()

    def add(self, local_id, message):
        with self._grew:
            self.entries.append((local_id, message))
            self._grew.notify_all()

    def wait_more(self, count):
        """Returns when that many more have come."""
        with self._grew:
            wanted = len(self.entries) + count
            assert self._grew.wait_for(lambda: len(self.entries) >= wanted, 60), f"{len(self.entries)} of {wanted}"


def post_until(api, conversation, results, stop):
    """Sends one message after the other, repeating what was refused, as a client does."""
    own = api.copy()
    while not stop.is_set():
        local_id = new_id()
        answered = None
        while answered is None and not stop.is_set():
            try:
                answer = try_send(own, conversation, local_id, local_id)
            except requests.RequestException:
                continue
            if answer.status_code == 200:
                answered = answer.json()["message"]["id"]
            else:
                expect_refused(answer)
        results.add(local_id, answered)


@pytest.mark.timeout(180)
def test_a_failover_under_load_loses_nothing_acknowledged(own_server, own_postgres, sockets):
    primary = own_postgres()
    database = primary.create_database()
    standby = own_postgres(copy_of=primary)
    # From now on a commit is acknowledged only when the standby has it.
    primary.configure(synchronous_standby_names="*")
    primary.reload()
    wait_until(lambda: primary.sql("SHOW synchronous_standby_names", database) == "*")
    # The checkpointer tells the sessions, and takes settings in before it works.
    primary.sql("CHECKPOINT", database)

    config = on(primary, database)
    config["plugins"][0]["settings"]["url"] = (
        f"postgres://postgres@127.0.0.1:{primary.port},127.0.0.1:{standby.port}/{database}")
    server = own_server(config)
    app = server.create_app()
    api = server.api(app)
    conversation = api.open()["id"]
    client = sockets.stock_client(server, api)
    client.wait("conversation:joined")

    stop = threading.Event()
    results = Results()
    threads = [threading.Thread(target=post_until, args=(api, conversation, results, stop)) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        results.wait_more(50)
        primary.kill()
        standby.promote()
        results.wait_more(50)
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)

    acknowledged = {local_id: message for local_id, message in results.entries if message}
    # Sends were taken again, which does not mean that what reads is back.
    stored = api.sync(conversation, limit=200, patience=PATIENCE)
    by_local = {message["local_id"]: message["id"] for message in stored}
    assert len(by_local) == len(stored), "doubled"
    assert {local_id: by_local.get(local_id) for local_id in acknowledged} == acknowledged
    # The socket outlived both servers and saw all of it, once and in order.
    heard = client.wait_many("message:new", len(acknowledged))
    assert len({message["id"] for message in heard}) == len(heard)
    numbers = [next(row["sequence"] for row in stored if row["id"] == message["id"]) for message in heard]
    assert numbers == sorted(numbers)

