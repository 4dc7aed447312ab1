"""A client of the legacy websocket: the `websockets` package, every frame kept as it came."""

import contextlib
import json
import queue
import threading
import time
import urllib.parse

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from .sockets import has_null


class Legacy:
    """One websocket. A thread keeps every frame in `frames`; the library answers the server's protocol pings."""

    TIMEOUT = 10

    def __init__(self, url, *, headers=None):
        self.frames = []
        self.violations = []
        self.closed = threading.Event()
        self._inbox = queue.Queue()
        self._pushed_back = []
        # No proxy, no compression offered unless asked for, no keepalive of the library's own.
        self._open = contextlib.ExitStack()
        self.socket = self._open.enter_context(connect(
            url, proxy=None, compression=None, ping_interval=None, open_timeout=self.TIMEOUT,
            additional_headers=headers, max_size=None))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        try:
            while True:
                frame = self.socket.recv()
                message = json.loads(frame)
                self.frames.append(frame)
                if has_null(message):
                    self.violations.append(frame)
                self._inbox.put(message)
        except ConnectionClosed:
            pass
        self._inbox.put(None)
        self.closed.set()

    @property
    def close_code(self):
        """1006 when the connection ended without a close frame."""
        return self.socket.protocol.close_code

    @property
    def close_reason(self):
        return self.socket.protocol.close_reason

    # Sending

    def send_text(self, text):
        self.socket.send(text)

    def send(self, type, **fields):
        self.send_text(json.dumps({"type": type, **fields}))

    def close(self):
        self._open.close()
        self._reader.join(5)

    # Receiving

    def next(self, timeout=None):
        """The next message; None when the socket was closed."""
        if self._pushed_back:
            return self._pushed_back.pop(0)
        try:
            return self._inbox.get(timeout=timeout or self.TIMEOUT)
        except queue.Empty:
            raise AssertionError(f"nothing came; so far: {self.frames[-5:]}")

    def wait(self, type, timeout=None, **fields):
        """The next message of this type whose fields have these values; others wait for later calls."""
        deadline = time.monotonic() + (timeout or self.TIMEOUT)
        passed = []
        while True:
            message = self.next(max(0.001, deadline - time.monotonic()))
            assert message is not None, f"closed ({self.close_code}); so far: {self.frames[-5:]}"
            if message.get("type") == type and all(message.get(name) == value for name, value in fields.items()):
                self._pushed_back = passed + self._pushed_back
                return message
            passed.append(message)

    def messages(self, type):
        """All messages of this type so far, waited for or not."""
        return [message for message in map(json.loads, list(self.frames)) if message.get("type") == type]

    def fence(self):
        """Returns when the server has handled all that was sent before, and its answers are here."""
        self.send("ping")
        self.wait("pong")

    def subscribe(self, conversation):
        self.send("subscribe", conversation_id=conversation)
        return self.wait("subscribed", conversation_id=conversation)

    def wait_closed(self, timeout=None):
        assert self.closed.wait(timeout or self.TIMEOUT), f"still open; so far: {self.frames[-5:]}"
        return self.close_code


def client_query(api, **changes):
    values = {"app_id": api.app.id, "device_id": api.device, "api_key": api.app.key, **changes}
    return urllib.parse.urlencode({name: value for name, value in values.items() if value is not None})
