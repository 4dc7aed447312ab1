"""A Socket.IO client that shows every frame as it came: `websocket-client` below, nothing clever above."""

import json
import queue
import re
import socket
import struct
import threading
import time

import websocket

PACKET = re.compile(r"^4([0-6])(?:(\d+)-)?(/[^,]*)?,?(\d*)(.*)$", re.DOTALL)


def decode(frame):
    """`42/client,7["x",{}]` as (type, namespace, ack id, data)."""
    kind, _, namespace, ack, data = PACKET.match(frame).groups()
    return int(kind), namespace or "/", int(ack) if ack else None, json.loads(data) if data else None


def has_null(value):
    if isinstance(value, dict):
        return any(has_null(member) for member in value.values())
    if isinstance(value, list):
        return any(has_null(member) for member in value)
    return value is None


class RawSocketIO:
    """One websocket. A thread reads it, answers the server's pings, and keeps every text frame in `frames`."""

    TIMEOUT = 10

    def __init__(self, url, *, header=None, answers_pings=True, sslopt=None):
        self.frames = []
        self.binaries = []
        self.violations = []
        self.close_code = None
        self.answers_pings = answers_pings
        self.closed = threading.Event()
        self._inbox = queue.Queue()
        self._pushed_back = []
        self._sending = threading.Lock()
        self._ack = 0
        self.socket = websocket.create_connection(url, timeout=self.TIMEOUT, header=header or [], sslopt=sslopt)
        self.headers = self.socket.headers
        self.socket.settimeout(None)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        try:
            while True:
                opcode, data = self.socket.recv_data(control_frame=True)
                if opcode == websocket.ABNF.OPCODE_TEXT:
                    self._received(data.decode())
                elif opcode == websocket.ABNF.OPCODE_BINARY:
                    self.binaries.append(data)
                    self._inbox.put(data)
                elif opcode == websocket.ABNF.OPCODE_CLOSE:
                    self.close_code = struct.unpack("!H", data[:2])[0] if len(data) >= 2 else None
                    break
        except (websocket.WebSocketException, OSError, ValueError):
            pass
        self._inbox.put(None)
        self.closed.set()

    def _received(self, frame):
        self.frames.append(frame)
        if frame == "2" and self.answers_pings:
            self.send("3")
            return
        # A client of the contract reads a null as the text "null".
        if PACKET.match(frame) and "null" in frame and has_null(decode(frame)[3] or 0):
            self.violations.append(frame)
        self._inbox.put(frame)

    # Sending

    def send(self, text):
        with self._sending:
            self.socket.send(text)

    def send_together(self, texts):
        """All in one piece, so that no time passes between them in the server."""
        data = b"".join(websocket.ABNF.create_frame(text, websocket.ABNF.OPCODE_TEXT).format() for text in texts)
        with self._sending:
            self.socket.sock.sendall(data)

    def send_binary(self, data):
        with self._sending:
            self.socket.send_binary(data)

    def close(self):
        """Closes as a phone that goes to sleep: no DISCONNECT packet."""
        try:
            self.socket.close(timeout=2)
        except (websocket.WebSocketException, OSError):
            pass
        self._reader.join(5)

    def vanish(self):
        """Ends the TCP connection without a word."""
        self.socket.sock.shutdown(socket.SHUT_RDWR)

    # Receiving

    def next(self, timeout=None):
        """The next frame that is no ping; None when the socket was closed."""
        if self._pushed_back:
            return self._pushed_back.pop(0)
        try:
            return self._inbox.get(timeout=timeout or self.TIMEOUT)
        except queue.Empty:
            raise AssertionError(f"no frame came; so far: {self.frames[-5:]}")

    def until(self, matches, timeout=None):
        """Reads up to the first frame that matches; the others wait for later calls, in their order."""
        deadline = time.monotonic() + (timeout or self.TIMEOUT)
        passed = []
        while True:
            frame = self.next(max(0.001, deadline - time.monotonic()))
            assert frame is not None, f"the socket was closed ({self.close_code}); so far: {self.frames[-5:]}"
            if isinstance(frame, str) and matches(frame):
                self._pushed_back = passed + self._pushed_back
                return frame
            passed.append(frame)

    def wait_closed(self, timeout=None):
        assert self.closed.wait(timeout or self.TIMEOUT), f"still open; so far: {self.frames[-5:]}"
        return self.close_code


class Namespace(RawSocketIO):
    """A `RawSocketIO` that speaks to one namespace."""

    def __init__(self, url, namespace, auth, *, connect=True, **options):
        super().__init__(url, **options)
        self.namespace = namespace
        self.opening = self.next()
        assert self.opening.startswith("0{"), self.opening
        if connect:
            self.connect(auth)
            self.connected = self.wait("connected")

    def ask(self, auth):
        """Sends CONNECT and waits for nothing."""
        self.send(self.packet(self.namespace, auth))

    @staticmethod
    def packet(namespace, auth):
        return f"40{namespace}," + ("" if auth is None else json.dumps(auth, separators=(",", ":")))

    def connect(self, auth):
        self.ask(auth)
        self.until(lambda frame: frame.startswith(f"40{self.namespace},"))

    def emit(self, event, *arguments):
        self.send(f"42{self.namespace}," + json.dumps([event, *arguments], separators=(",", ":")))

    def call(self, event, *arguments, timeout=None):
        """Emits with an ack id and answers the acknowledgement, which is always one object."""
        self._ack += 1
        number = self._ack
        self.send(f"42{self.namespace},{number}" + json.dumps([event, *arguments], separators=(",", ":")))
        frame = self.until(lambda frame: frame.startswith(f"43{self.namespace},{number}["), timeout)
        data = decode(frame)[3]
        assert len(data) == 1 and isinstance(data[0], dict), frame
        return data[0]

    def is_event(self, frame, event):
        return frame.startswith(f'42{self.namespace},["{event}"')

    def wait(self, event, timeout=None, **fields):
        """The payload of the next such event whose fields have these values."""
        def matches(frame):
            if not self.is_event(frame, event):
                return False
            data = decode(frame)[3]
            return not fields or (len(data) > 1 and all(data[1].get(name) == value for name, value in fields.items()))

        data = decode(self.until(matches, timeout))[3]
        return data[1] if len(data) > 1 else None

    def fence(self):
        """Returns when the server has handled all that was sent before, and its answers are here."""
        self.emit("ping")
        self.wait("pong")

    def events(self, event):
        """The payloads of all such events so far, waited for or not."""
        return [decode(frame)[3][1] for frame in list(self.frames) if self.is_event(frame, event)]

    def join(self, conversation):
        return self.call("conversation:join", {"conversation_id": conversation})
