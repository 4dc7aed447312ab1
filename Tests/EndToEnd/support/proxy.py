"""A way to a server that can be cut in the ways in which networks are: so that nobody hears of it, or at once."""

import select
import socket
import threading


class Proxy:
    """A TCP proxy on a port of its own. While it stalls, bytes are read by nobody and connections are taken by nobody
    but the kernel; while it drops, they are taken and closed."""

    def __init__(self, port):
        self.target = ("127.0.0.1", port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self._lock = threading.Lock()
        self._pairs = set()
        self._flows = threading.Event()
        self._flows.set()
        self._drops = False
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def stall(self):
        """From now on nothing passes, and neither side is told."""
        self._flows.clear()

    def drop(self):
        """From now on there is no connection: those there are reset, new ones closed."""
        self._drops = True
        self._flows.set()
        self._reset_all()

    def heal(self, lose=False):
        """All passes again. What was held back arrives, or with `lose` those connections are reset."""
        self._drops = False
        if lose:
            self._reset_all()
        self._flows.set()

    def close(self):
        self._closed = True
        self._flows.set()
        self.listener.close()
        self._reset_all()

    def _reset_all(self):
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for side in pair:
                self._reset(side)

    @staticmethod
    def _reset(side):
        try:
            # Closing with this set sends a reset, and what waits is thrown away.
            side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            side.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        side.close()

    def _accept(self):
        while not self._closed:
            try:
                self._flows.wait()
                near, _ = self.listener.accept()
            except OSError:
                return
            if self._drops:
                self._reset(near)
                continue
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near):
        self._flows.wait()
        try:
            far = socket.create_connection(self.target, timeout=5)
        except OSError:
            self._reset(near)
            return
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = (near, far)
        with self._lock:
            self._pairs.add(pair)
        try:
            self._pump(near, far)
        except (OSError, ValueError):
            pass
        with self._lock:
            self._pairs.discard(pair)
        for side in pair:
            side.close()

    def _pump(self, near, far):
        other = {near: far, far: near}
        while True:
            ready, _, _ = select.select([near, far], [], [])
            self._flows.wait()
            for side in ready:
                data = side.recv(65536)
                # What was read just before the cut waits with the rest.
                self._flows.wait()
                if not data:
                    return
                other[side].sendall(data)
