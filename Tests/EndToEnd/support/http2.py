"""One HTTP/2 connection, frame by frame: whatever a client may do, also what no library does."""

import socket
import ssl
import struct

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INITIAL_WINDOW = 4


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + struct.pack(">I", stream) + payload


class Http2:
    """Sends the preface and SETTINGS; `window` is what each stream of the server may send at first."""

    def __init__(self, server, certificate, window=None):
        context = ssl.create_default_context(cafile=certificate[0])
        context.set_alpn_protocols(["h2"])
        self.socket = context.wrap_socket(
            socket.create_connection(("127.0.0.1", server.port), timeout=20), server_hostname="127.0.0.1")
        assert self.socket.selected_alpn_protocol() == "h2"
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.encoder.huffman_coding = False
        settings = b"" if window is None else struct.pack(">HI", INITIAL_WINDOW, window)
        self.socket.sendall(PREFACE + frame(SETTINGS, 0, 0, settings))
        self.host = f"127.0.0.1:{server.port}"
        # By stream: its answer as far as it has come.
        self.answers = {}
        self.goaway = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def head(self, method, path, fields=()):
        """The header block of a request."""
        return self.encoder.encode([(":method", method), (":scheme", "https"), (":authority", self.host),
                                    (":path", path), *[(name.lower(), value) for name, value in fields]], huffman=False)

    def request(self, stream, method, path, fields=(), ends=True):
        block = self.head(method, path, fields)
        pieces = [block[start:start + 16384] for start in range(0, len(block), 16384)]
        flags = END_STREAM if ends else 0
        for place, piece in enumerate(pieces):
            last = END_HEADERS if place == len(pieces) - 1 else 0
            self.send(HEADERS if place == 0 else CONTINUATION, (flags if place == 0 else 0) | last, stream, piece)

    def send(self, kind, flags, stream, payload=b""):
        self.socket.sendall(frame(kind, flags, stream, payload))

    def open_window(self, size, *streams):
        for stream in streams:
            self.send(WINDOW_UPDATE, 0, stream, struct.pack(">I", size))

    def read(self):
        """One frame, taken into account; None at the end of the connection."""
        header = self._exactly(9)
        if header is None:
            return None
        payload = self._exactly(int.from_bytes(header[:3], "big"))
        kind, flags, stream = header[3], header[4], int.from_bytes(header[5:], "big")
        if kind == HEADERS:
            assert flags & END_HEADERS
            self.answers[stream] = {"fields": dict(self.decoder.decode(payload)), "body": b"", "ended": False}
        elif kind == DATA:
            self.answers[stream]["body"] += payload
        elif kind == RST_STREAM:
            self.answers.setdefault(stream, {})["reset"] = int.from_bytes(payload, "big")
        elif kind == GOAWAY:
            self.goaway = struct.unpack(">II", payload[:8])
        elif kind == PING and not flags & ACK:
            self.send(PING, ACK, 0, payload)
        elif kind == SETTINGS and not flags & ACK:
            self.send(SETTINGS, ACK, 0)
        if kind in (DATA, HEADERS) and flags & END_STREAM:
            self.answers[stream]["ended"] = True
        return kind, stream

    def answer(self, stream):
        """The whole answer: status, fields and body."""
        while not self.answers.get(stream, {}).get("ended"):
            assert "reset" not in self.answers.get(stream, {}), "the stream was reset"
            assert self.read() is not None, "the connection ended"
        answer = self.answers[stream]
        return int(answer["fields"][":status"]), answer["fields"], answer["body"]

    def read_to_end(self):
        while self.read() is not None:
            pass

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                piece = self.socket.recv(count - len(data))
            except ConnectionResetError:
                piece = b""
            if not piece:
                assert not data, "the connection ended within a frame"
                return None
            data += piece
        return data
