"""The other side of the bridge: what the Redis adapter of a Node server and programs that emit publish and hear, in the
documented format, with Python's msgpack."""

import json
import time

import msgpack
import redis

SERVER = "Hk3xQz"


def packed(event, *arguments, namespace="/client", rooms=(), excepted=(), flags=None, publisher=SERVER, kind=2):
    packet = {"type": kind, "data": [event, *arguments], "nsp": namespace}
    return msgpack.packb([publisher, packet, {"rooms": list(rooms), "except": list(excepted), "flags": flags or {}}])


class OldServer:
    """Publishes as a Node server does, and hears what reaches it."""

    def __init__(self, port, prefix="socket.io"):
        self.prefix = prefix
        self.client = redis.Redis(port=port, socket_timeout=10)
        self.heard = []
        self._ears = self.client.pubsub()
        self._ears.psubscribe(f"{prefix}#*")
        assert self._ears.get_message(timeout=10)["type"] == "psubscribe"

    def channel(self, namespace, rooms=()):
        return f"{self.prefix}#{namespace}#" + (f"{rooms[0]}#" if len(rooms) == 1 else "")

    def broadcast(self, event, *arguments, namespace="/client", rooms=(), **options):
        """Returns how many connections took it."""
        message = packed(event, *arguments, namespace=namespace, rooms=rooms, **options)
        return self.client.publish(self.channel(namespace, rooms), message)

    def request(self, namespace, **fields):
        return self.client.publish(f"{self.prefix}-request#{namespace}#", json.dumps(fields))

    def wait(self, found, timeout=20):
        """Hears on until a broadcast of another satisfies: (channel, publisher, packet, options). Answers it."""
        seen = 0
        end = time.monotonic() + timeout
        while True:
            for heard in self.heard[seen:]:
                if found(*heard):
                    return heard
            seen = len(self.heard)
            message = self._ears.get_message(timeout=max(end - time.monotonic(), 0))
            if message is not None and message["type"] == "pmessage":
                publisher, packet, options = msgpack.unpackb(message["data"])
                if publisher != SERVER:
                    self.heard.append((message["channel"].decode(), publisher, packet, options))
            assert time.monotonic() < end, f"not heard; heard {self.heard}"

    def event(self, name, namespace, found=lambda payload: True):
        return self.wait(lambda channel, publisher, packet, options: packet["nsp"] == namespace
                         and packet["data"][0] == name and found(packet["data"][1]))

    def nodes(self):
        """How many connections hear both namespaces."""
        return sum(entry["psub"] == "2" for entry in self.client.client_list(_type="pubsub"))

    def close(self):
        self._ears.close()
        self.client.close()
