"""What carries events between nodes, and how it fails: `kill`, `start`, `freeze`, `cut`. Sends go on meanwhile."""

from .postgres import SHARED, PostgresCluster
from .proxy import Proxy
from .redis import RedisServer


class RedisBus:
    """One Redis beside the tests' PostgreSQL; it always starts empty."""

    topology = "redis"

    def __init__(self):
        self.server = RedisServer()
        self.start, self.kill, self.freeze = self.server.start, self.server.kill, self.server.freeze

    def plugins(self):
        cluster = SHARED.get()
        return [{"name": "Postgres", "settings": {"url": cluster.url(cluster.create_database())}},
                {"name": "Redis", "settings": {"url": self.server.url, "command_timeout": "2s"}}]

    def cut(self, random):
        """Ends connections of the nodes."""
        self.server.command("CLIENT", "KILL", "TYPE", random.choice(["pubsub", "normal"]))

    def remove(self):
        self.server.remove()


class PostgresBus:
    """PostgreSQL alone, a cluster that tests may harm. Nodes listen through a proxy, so that this alone can fail."""

    topology = "postgres"

    def __init__(self):
        self.server = PostgresCluster()
        self.proxy = None

    def start(self):
        if self.proxy is None:
            self.server.create().start()
            self.database = self.server.create_database()
            self.proxy = Proxy(self.server.port)
        self.proxy.start()
        return self

    def plugins(self):
        return [{"name": "Postgres", "settings": {
            "url": self.server.url(self.database), "listen_url": f"postgres://127.0.0.1:{self.proxy.port}"}}]

    def kill(self):
        self.proxy.kill()

    def freeze(self, frozen=True):
        self.proxy.freeze(frozen)

    def cut(self, random=None):
        """Ends the sessions of the nodes that listen."""
        self.server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE application_name = 'replyhq bus'", self.database)

    def remove(self):
        if self.proxy is not None:
            self.proxy.freeze(False)
            if self.proxy.listener is not None:
                self.proxy.kill()
        self.server.remove()


BUSES = {"redis": RedisBus, "postgres": PostgresBus}
