"""What carries events between nodes, and how it fails: `kill`, `start`, `freeze`, `cut`. Sends go on meanwhile."""

from .postgres import SHARED, PostgresCluster
from .proxy import Proxy
from .redis import RedisServer
from .waiting import wait_until


class Bus:
    """`with` starts it, and removes it however that ends."""

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.remove()
            raise

    def __exit__(self, *_):
        self.remove()


class RedisBus(Bus):
    """A Redis, or a whole Redis Cluster, beside the tests' PostgreSQL; it always starts empty."""

    topology = "redis"

    def __init__(self, server=None):
        self.server = server or RedisServer()

    def start(self):
        self.server.start()
        return self

    def kill(self):
        self.server.kill()

    def freeze(self, frozen=True):
        self.server.freeze(frozen)

    def create_database(self):
        cluster = SHARED.get()
        return cluster.url(cluster.create_database())

    def plugins(self, database, **settings):
        redis = {"command_timeout": "2s", "limit_patience": "500ms", **self.server.plugin_settings, **settings}
        return [{"name": "Postgres", "settings": {"url": database}}, {"name": "Redis", "settings": redis}]

    def proxy(self):
        """Another way to it; see `through`."""
        return Proxy(self.server.port)

    def through(self, proxy):
        """What a node is told that is to use this way."""
        return {"url": f"redis://127.0.0.1:{proxy.port}/0"}

    def wait_until_heard(self, app, nodes):
        wait_until(lambda: self.server.listeners(f"rq:bus:0:t:app:{app.id}") == nodes)

    def cut(self, random):
        """Ends connections of the nodes."""
        self.server.command("CLIENT", "KILL", "TYPE", random.choice(["pubsub", "normal"]))

    def remove(self):
        self.server.remove()


class PostgresBus(Bus):
    """PostgreSQL alone, a cluster that tests may harm. Nodes listen through a proxy, so that this alone can fail."""

    topology = "postgres"

    def __init__(self):
        self.server = PostgresCluster()
        self.way = None

    def start(self):
        if self.way is None:
            self.server.create().start()
            self.way = Proxy(self.server.port)
        self.way.heal()
        return self

    def kill(self):
        self.way.drop()

    def freeze(self, frozen=True):
        self.way.stall() if frozen else self.way.heal()

    def create_database(self):
        self.database = self.server.create_database()
        return self.server.url(self.database)

    def plugins(self, database, **settings):
        return [{"name": "Postgres", "settings": {"url": database, **self.through(self.way), **settings}}]

    def proxy(self):
        """Another way to it, behind the one that all use; see `through`."""
        return Proxy(self.way.port)

    def through(self, proxy):
        """What a node is told that is to use this way."""
        return {"listen_url": f"postgres://127.0.0.1:{proxy.port}"}

    def wait_until_heard(self, app, nodes):
        """A node hears everything as soon as it runs."""

    def cut(self, random=None):
        """Ends the sessions of the nodes that listen."""
        self.server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE application_name = 'replyhq bus'", self.database)

    def remove(self):
        if self.way is not None:
            self.way.close()
        self.server.remove()


BUSES = {"redis": RedisBus, "postgres": PostgresBus}
