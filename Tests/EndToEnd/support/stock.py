"""python-socketio, as anybody would use it."""

import queue
import time

import engineio
import socketio
from engineio import packet


class OrderedEngine(engineio.Client):
    """Handles one message after the other. By itself the client starts a thread for each, and loses their order."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # When pings came. By itself the client answers them and tells nobody.
        self.pings = []

    def _receive_packet(self, received):
        if received.packet_type == packet.PING:
            self.pings.append(time.monotonic())
        super()._receive_packet(received)

    def _trigger_event(self, event, *args, **kwargs):
        kwargs["run_async"] = False
        return super()._trigger_event(event, *args, **kwargs)


class OrderedClient(socketio.Client):
    def _engineio_client_class(self):
        return OrderedEngine


class StockClient:
    """A stock client on one namespace. Every event goes to one queue per name."""

    def __init__(self, url, namespace, auth, path="/v1/socket.io", headers=None, ssl_verify=True):
        self.namespace = namespace
        self.events = []
        self._queues = {}
        self.client = OrderedClient(reconnection=False, ssl_verify=ssl_verify)
        self.client.on("*", self._received, namespace=namespace)
        self.client.connect(url, transports=["websocket"], socketio_path=path, namespaces=[namespace], auth=auth,
                            headers=headers or {}, wait_timeout=10)

    def _queue(self, event):
        return self._queues.setdefault(event, queue.Queue())

    def _received(self, event, *arguments):
        self.events.append((event, arguments))
        self._queue(event).put(arguments)

    def wait(self, event, timeout=10):
        """The first argument of the next such event."""
        arguments = self._queue(event).get(timeout=timeout)
        return arguments[0] if arguments else None

    def wait_many(self, event, count, timeout=20):
        return [self.wait(event, timeout) for _ in range(count)]

    def received(self, event):
        return [arguments[0] if arguments else None for name, arguments in list(self.events) if name == event]

    def emit(self, event, data=None):
        self.client.emit(event, data, namespace=self.namespace)

    def call(self, event, data=None, timeout=10):
        return self.client.call(event, data, namespace=self.namespace, timeout=timeout)

    def fence(self):
        self.emit("ping")
        self.wait("pong")

    @property
    def pings(self):
        """When the server's pings came, all of which the client has answered."""
        return list(self.client.eio.pings)

    def close(self):
        self.client.disconnect()
