"""A way to a server that can be cut, and made deaf: bytes go through unchanged until then."""

import select
import socket
import threading

from .postgres import free_port


class Proxy:
    def __init__(self, target):
        self.target = target
        self.port = free_port()
        self.listener = None
        self.pairs = set()
        self.lock = threading.Lock()
        self.flowing = threading.Event()
        self.flowing.set()

    def start(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()
        return self

    def kill(self):
        """Ends all connections and refuses new ones."""
        listener, self.listener = self.listener, None
        # Wakes whoever accepts; closing alone would not.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            self._end(pair)

    def freeze(self, frozen=True):
        """Connections stay, and nothing passes."""
        self.flowing.clear() if frozen else self.flowing.set()

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            pair = (near, far)
            with self.lock:
                self.pairs.add(pair)
            threading.Thread(target=self._pump, args=(pair,), daemon=True).start()

    def _pump(self, pair):
        near, far = pair
        try:
            while True:
                readable, _, _ = select.select(pair, [], [])
                self.flowing.wait()
                for source in readable:
                    data = source.recv(65536)
                    if not data:
                        return
                    (far if source is near else near).sendall(data)
        except (OSError, ValueError):
            pass
        finally:
            self._end(pair)

    def _end(self, pair):
        with self.lock:
            self.pairs.discard(pair)
        for end in pair:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()
