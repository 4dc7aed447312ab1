"""The HTTP side of a client: `requests` with the three headers."""

import dataclasses
import time
import uuid

import requests


@dataclasses.dataclass(frozen=True)
class App:
    id: str
    key: str


def new_id():
    return str(uuid.uuid4())


class Api:
    """What one device of an app may ask, over one kept connection."""

    def __init__(self, url, app, device=None, prefix="/v1"):
        self.url = url
        self.app = app
        self.device = device or f"device-{new_id()}"
        self.prefix = prefix
        self.session = requests.Session()
        # Neither a proxy nor other certificates, whatever the surroundings say.
        self.session.trust_env = False
        self.session.headers.update({
            "X-App-Id": app.id, "X-Device-Id": self.device, "X-Api-Key": app.key,
            "X-SDK-Version": "1.0.0", "Content-Type": "application/json",
        })

    def sibling(self, device=None, **options):
        """Another device of the same app."""
        return Api(self.url, self.app, device, **options)

    def copy(self):
        """The same device over a connection of its own, for another thread."""
        return Api(self.url, self.app, self.device, prefix=self.prefix)

    @property
    def auth(self):
        """What the device sends with CONNECT, in the order in which clients send it."""
        return {"app_id": self.app.id, "device_id": self.device, "api_key": self.app.key}

    def request(self, method, path, **options):
        options.setdefault("timeout", 20)
        return self.session.request(method, self.url + self.prefix + path, **options)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, json=None, **options):
        return self.request("POST", path, json=json, **options)

    def ok(self, answer):
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        assert answer.headers["Content-Type"] == "application/json"
        return answer.json()

    # The calls of a client, each of which must succeed.

    def open(self, user=None, device_context=None):
        """The device's conversation, made if there is none."""
        body = {"user": user, "device_context": device_context}
        return self.ok(self.post("/conversations", body))["conversation"]

    def send(self, conversation, body, local_id=None):
        draft = {"local_id": local_id or new_id(), "body": body, "device_context": None}
        return self.ok(self.post(f"/conversations/{conversation}/messages", draft))["message"]

    def list(self, conversation, **query):
        return self.ok(self.get(f"/conversations/{conversation}/messages", params=query))

    def sync_page(self, conversation, after=0, limit=50, patience=0):
        query = {"after_sequence": after, "limit": limit}
        end = time.monotonic() + patience
        while True:
            answer = self.get(f"/conversations/{conversation}/sync", params=query)
            if answer.status_code != 503 or time.monotonic() > end:
                return self.ok(answer)
            time.sleep(0.05)

    def sync(self, conversation, after=0, limit=50, patience=0):
        """Everything after a number, page by page as clients do; also as they do for so many seconds again where a node
        cannot answer yet."""
        messages = []
        while True:
            page = self.sync_page(conversation, after, limit, patience)
            messages += page["messages"]
            if not page["has_more"]:
                return messages
            assert page["last_sequence"] > after, "a client would ask for this page for ever"
            after = page["last_sequence"]

    def identify(self, user):
        return self.ok(self.post("/identify", {"user": user}))


def expect_error(answer, status, code, error=None, message=None):
    """Asserts that an answer is the contract's error, and answers its body."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert body.get("code") == code, body
    assert isinstance(body.get("error"), str) and body["error"]
    if error is not None:
        assert body["error"] == error
    if message is not None:
        assert body["message"] == message
    assert body.get("message") != body["error"], "the message is left out where it says nothing more"
    return body
