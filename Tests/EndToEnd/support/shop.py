"""An app with an agent who answers, and phones that can be pushed to."""

import uuid

from .tokens import access_token

# Faster than for people, so that a test need not wait: the same rules otherwise.
QUICK = {"window": "100ms", "recheck": "1s", "poll_interval": "200ms", "retry_delay": "50ms", "per_hour": 0}


class Shop:
    """A server that pushes to a Firebase, with an app, an agent and devices."""

    def __init__(self, server):
        self.server = server
        self.app = server.create_app()
        self.agent = {"Authorization": f"Bearer {access_token(self.app)}"}

    def phone(self, token, platform="android"):
        """A device with a push token, and its conversation."""
        api = self.server.api(self.app)
        conversation = api.open()["id"]
        api.ok(api.post("/push-token", {"token": token, "platform": platform, "device_id": api.device}))
        return api, conversation

    def answer(self, api, conversation, body="Hello"):
        answer = api.session.post(
            f"{self.server.url}/admin/api/conversations/{conversation}/messages", json={"body": body}, timeout=20,
            headers=self.agent)
        assert answer.status_code == 200, answer.text
        return answer.json()["message"]["id"]

    def wishes(self, *arguments):
        done = self.server.command("apps", "push", self.app.id, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout


def unique(kind):
    return f"{kind}/{uuid.uuid4()}"
