"""TLS on the listener: HTTP/1.1, HTTP/2 and websockets."""

import json
import socket
import ssl
import subprocess
import threading
import time

import pytest
import requests

from support import http1
from support.api import Api, App
from support.sockets import Namespace


@pytest.fixture(scope="module")
def secure(module_server, certificate):
    paths = {"certificate": str(certificate[0]), "private_key": str(certificate[1])}
    return module_server(server={"tls": paths})


@pytest.fixture(scope="module")
def app(secure):
    finished = secure.command("apps", "create", "Secure", "--json")
    made = json.loads(finished.stdout)
    return App(made["id"], made["api_key"])


@pytest.fixture
def api(secure, app, certificate):
    api = Api(secure.url, app)
    api.session.verify = str(certificate[0])
    return api


def curl(certificate, *arguments):
    finished = subprocess.run(["curl", "--silent", "--show-error", "--cacert", str(certificate[0]), "--max-time", "20",
                               "--write-out", "\n%{http_version} %{http_code}", *arguments],
                              capture_output=True, text=True, timeout=30)
    assert finished.returncode == 0, finished.stderr
    body, _, facts = finished.stdout.rpartition("\n")
    return body, facts


def test_the_server_says_https(secure):
    assert secure.url.startswith("https://")


def test_http_1_works_and_browsers_are_told_to_stay_with_tls(api):
    answer = api.post("/conversations", {})
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert api.send(answer.json()["conversation"]["id"], "Hi")["body"] == "Hi"


@pytest.mark.parametrize("option, version", [("--http1.1", "1.1"), ("--http2", "2")])
def test_the_client_chooses_the_version_of_http(secure, certificate, option, version):
    body, facts = curl(certificate, option, f"{secure.url}/livez")
    assert (json.loads(body), facts) == ({"status": "ok"}, f"{version} 200")


def test_everything_works_over_http_2(secure, certificate, app):
    headers = [item for pair in (("X-App-Id", app.id), ("X-Device-Id", "h2"), ("X-Api-Key", app.key),
                                 ("Content-Type", "application/json")) for item in ("-H", f"{pair[0]}: {pair[1]}")]
    body, facts = curl(certificate, "--http2", *headers, "-d", "{}", f"{secure.url}/v1/conversations")
    assert facts == "2 200"
    conversation = json.loads(body)["conversation"]["id"]
    draft = {"local_id": "5b1f7d52-31c9-4b0e-8a51-0a6f4b6c9d10", "body": "x" * 5000}
    body, facts = curl(certificate, "--http2", *headers, "-d", json.dumps(draft),
                       f"{secure.url}/v1/conversations/{conversation}/messages")
    assert facts == "2 200" and json.loads(body)["message"]["body"] == "x" * 5000
    for arguments, expected in ((["-d", "{"], "2 400"), (["-d", "x" * 102_401], "2 413"), (["-X", "DELETE"], "2 405"),
                                (["-I"], "2 405")):
        _, facts = curl(certificate, "--http2", *headers, *arguments, f"{secure.url}/v1/conversations")
        assert facts == expected, arguments


def test_many_requests_share_one_http_2_connection(secure, certificate):
    urls = [argument for _ in range(50) for argument in (f"{secure.url}/livez",)]
    finished = subprocess.run(
        ["curl", "--silent", "--http2", "--parallel", "--cacert", str(certificate[0]), "--max-time", "20",
         "--write-out", "%{http_version} %{http_code} %{num_connects}\n", *[x for url in urls for x in ("-o", "/dev/null", url)]],
        capture_output=True, text=True, timeout=30)
    lines = finished.stdout.split("\n")[:-1]
    assert len(lines) == 50 and all(line.startswith("2 200") for line in lines)
    assert sum(int(line.split()[2]) for line in lines) < 10


def test_websockets_work_over_tls(secure, api, certificate):
    conversation = api.open()["id"]
    context = {"ca_certs": str(certificate[0])}
    client = Namespace(secure.websocket(), "/client", api.auth, sslopt=context)
    try:
        client.wait("conversation:joined")
        sent = [api.send(conversation, "x" * size) for size in (1, 1000, 5000)]
        for message in sent:
            assert client.wait("message:new") == message
        client.fence()
        assert not client.violations
    finally:
        client.close()


def test_answers_and_room_frames_keep_one_order_over_tls(own_server, certificate):
    """Under TLS bytes take the channel's queue, and still nothing overtakes anything."""
    paths = {"certificate": str(certificate[0]), "private_key": str(certificate[1])}
    server = own_server(server={"tls": paths, "event_loops": 3},
                        settings={"SocketIO": {"events_per_second": 0, "joins_per_second": 0}})
    made = json.loads(server.command("apps", "create", "Secure", "--json").stdout)
    api = Api(server.url, App(made["id"], made["api_key"]))
    api.session.verify = str(certificate[0])
    conversation = api.open()["id"]
    api.send(conversation, "First")
    clients = [Namespace(server.websocket(), "/client", api.auth, sslopt={"ca_certs": str(certificate[0])})
               for _ in range(3)]
    failures = []
    end = time.monotonic() + 50

    def are_mixed(client):
        kinds = [frame[:2] for frame in client.frames if frame[:2] == "43" or '["message:new"' in frame]
        return "".join(kinds).count("4243") > 1

    def is_enough():
        return failures or all(map(are_mixed, clients)) or time.monotonic() > end

    def post(thread):
        try:
            own = api.copy()
            own.session.verify = api.session.verify
            number = 0
            while number < 15 or not is_enough():
                own.send(conversation, f"{thread}.{number} " + "x" * (1 if number % 2 else 4000))
                number += 1
        except Exception as failure:
            failures.append(failure)

    def ask(client):
        try:
            number = 0
            while number < 40 or number % 8 or not is_enough():
                client.send(f'42/client,{number}["conversation:join",{{"conversation_id":"{conversation}"}}]')
                if number % 8 == 7:
                    client.until(lambda frame: frame.startswith(f"43/client,{number}["))
                number += 1
        except Exception as failure:
            failures.append(failure)

    try:
        for client in clients:
            client.wait("conversation:joined")
        threads = [threading.Thread(target=post, args=(thread,)) for thread in range(3)]
        threads += [threading.Thread(target=ask, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
        assert not failures
        stored = [message["id"] for message in api.sync(conversation)]
        assert len(stored) >= 46
        for client in clients:
            client.fence()
            assert [message["id"] for message in client.events("message:new")] == stored[1:]
            answers = [frame for frame in client.frames if frame.startswith("43/client,")]
            heads = [stored.index(json.loads(frame[frame.index("["):])[0]["last_message_id"]) for frame in answers]
            assert [int(frame[10:frame.index("[")]) for frame in answers] == list(range(len(answers)))
            assert heads == sorted(heads) and len(answers) >= 40
            assert are_mixed(client), "answers and messages did not mix"
            assert not client.violations
    finally:
        for client in clients:
            client.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Unverified HTTPS request")
def test_plain_text_and_old_versions_are_refused(secure):
    with pytest.raises(requests.ConnectionError):
        requests.get(secure.url.replace("https", "http") + "/livez", timeout=10)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", secure.port), timeout=10) as connection:
        with pytest.raises(OSError):
            context.wrap_socket(connection)
    assert requests.get(f"{secure.url}/livez", verify=False, timeout=10).status_code == 200


def test_a_peer_that_has_fallen_silent_does_not_hold_up_the_end(own_server, certificate):
    """A phone out of reach answers neither a close frame nor TLS's close_notify."""
    paths = {"certificate": str(certificate[0]), "private_key": str(certificate[1])}
    server = own_server(server={"tls": paths}, shutdown={"deadline": "1s"})
    context = ssl.create_default_context(cafile=certificate[0])
    connections = []
    for protocol in ("http/1.1", "h2"):
        context.set_alpn_protocols([protocol])
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        connections.append(context.wrap_socket(connection, server_hostname="127.0.0.1"))
    connections[0].sendall(http1.upgrade_request(server.port, "/v1/socket.io/?EIO=4&transport=websocket"))
    assert http1.read_head(connections[0])[0] == 101
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 4
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("kind", ["missing", "garbage", "mismatched"])
def test_a_certificate_that_cannot_be_used_is_one_clear_line(own_server, certificate, tmp_path, kind):
    key = tmp_path / "key.pem"
    if kind == "garbage":
        key.write_text("no key")
    elif kind == "mismatched":
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", str(key)],
                       check=True, capture_output=True, timeout=30)
    server = own_server(server={"tls": {"certificate": str(certificate[0]), "private_key": str(key)}}, start=False)
    server.spawn()
    assert server.wait_end() == 2
    [error] = [line for line in server.log_lines if line.startswith("error: ")]
    assert "key.pem" in error
