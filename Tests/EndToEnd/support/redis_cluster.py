"""A Redis Cluster of the tests' own: three masters with a replica each."""

import time

from .ports import free_ports
from .redis import RedisServer

SHARES = ((0, 5460), (5461, 10922), (10923, 16383))


class RedisCluster:
    def __init__(self):
        ports = free_ports(12)
        self.servers = [RedisServer(["--cluster-enabled", "yes", "--cluster-port", str(among_each_other),
                                     "--cluster-node-timeout", "5000", "--repl-diskless-sync-delay", "0"], port)
                        for port, among_each_other in zip(ports[:6], ports[6:])]
        self.masters, self.replicas = self.servers[:3], self.servers[3:]

    @property
    def plugin_settings(self):
        return {"url": self.masters[0].url, "cluster": True,
                "cluster_nodes": [f"127.0.0.1:{server.port}" for server in self.servers[1:]]}

    def start(self):
        for number, server in enumerate(self.servers):
            server.start()
            server.ok("CLUSTER", "SET-CONFIG-EPOCH", str(number + 1))
        for server, share in zip(self.masters, SHARES):
            server.ok("CLUSTER", "ADDSLOTSRANGE", *map(str, share))
        for server in self.servers[1:]:
            port = server.arguments[server.arguments.index("--cluster-port") + 1]
            self.servers[0].ok("CLUSTER", "MEET", "127.0.0.1", str(server.port), port)
        for server in self.servers:
            self._until(lambda: all(fact in server.command("CLUSTER", "INFO").decode()
                                    for fact in ("cluster_state:ok", "cluster_known_nodes:6")))
        for master, replica in zip(self.masters, self.replicas):
            name = master.command("CLUSTER", "MYID").decode().split("\r\n")[1]
            self._until(lambda: replica.command("CLUSTER", "REPLICATE", name) == b"+OK\r\n")
        for server in self.servers:
            self._until(lambda: server.command("CLUSTER", "NODES").decode().count("slave") == 3)
        for replica in self.replicas:
            self._until(lambda: b"master_link_status:up" in replica.command("INFO", "replication"))
        return self

    def listeners(self, channel):
        """How many nodes hear a channel."""
        return sum(int(server.command("PUBSUB", "SHARDNUMSUB", channel).rsplit(b":", 1)[1]) for server in self.masters)

    def wait_for_takeover(self, replica):
        self._until(lambda: b"master" in replica.command("ROLE")[:24])

    @staticmethod
    def _until(condition, timeout=40):
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, "the cluster does not come about"
            time.sleep(0.02)

    def remove(self):
        for server in self.servers:
            server.remove()
