"""What is stated of the nodes is made sure of at the start, and refused with the reason."""

import pytest

from support.pooler import Pooler
from support.server import configuration

REST = [{"name": name} for name in ("Chat", "Presence", "SocketIO", "Rest")]


def refusal(own_server, plugins, **other):
    server = own_server(configuration(plugins=plugins, **other), start=False).spawn()
    assert server.wait_end() == 2
    return server.log + "\n".join(server.output)


def postgres_plugin(postgres, **settings):
    return {"name": "Postgres", "settings": {"url": postgres.url(postgres.create_database()), **settings}}


@pytest.mark.parametrize("topology", ["redis", "postgres"])
def test_several_nodes_without_a_bus_are_refused(own_server, topology):
    said = refusal(own_server, [{"name": "SQLite"}, *REST], topology=topology)
    assert "no running plugin provides the bus" in said


def test_several_nodes_with_a_store_of_their_own_each_are_refused(own_server, redis):
    plugins = [{"name": "SQLite"}, *REST, {"name": "Redis", "settings": {"url": redis.url}}]
    said = refusal(own_server, plugins, topology="redis")
    assert "the store of plugin SQLite belongs to one process alone" in said


def test_two_ways_between_nodes_at_once_are_refused(own_server, postgres, redis):
    plugins = [postgres_plugin(postgres), *REST, {"name": "Redis", "settings": {"url": redis.url}}]
    said = refusal(own_server, plugins, topology="postgres")
    assert '"Redis" provides "bus", which "Postgres"' in said and "disable one" in said


def test_a_topology_that_another_plugin_carries_is_refused(own_server, postgres, redis):
    said = refusal(own_server, [postgres_plugin(postgres), *REST], topology="redis")
    assert "no running plugin provides the bus" in said


def test_production_that_several_processes_could_share_has_to_state_its_topology(own_server, postgres):
    plugins = [postgres_plugin(postgres, migrate="auto"), *REST]
    said = refusal(own_server, plugins, environment="production")
    assert "topology is not stated" in said and "Postgres" in said and "REPLYHQ_TOPOLOGY" in said
    own_server(configuration(plugins=plugins, environment="production", topology="single")).stop()
    own_server(configuration(plugins=plugins, environment="production", topology="postgres"))


def test_one_process_alone_has_no_bus_and_listens_to_nothing(own_server, postgres):
    database = postgres.create_database()
    server = own_server(configuration(plugins=[{"name": "Postgres", "settings": {"url": postgres.url(database)}}, *REST]))
    assert server.is_running
    assert postgres.sql(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' "
                        "AND application_name = 'replyhq bus'", "postgres") == "0"


def test_a_pooler_that_is_known_asks_for_the_servers_own_address(own_server, postgres):
    plugins = [postgres_plugin(postgres, prepared_statements=False), *REST]
    said = refusal(own_server, plugins, topology="postgres")
    assert "listen_url" in said and "LISTEN does not work through a pooler" in said


@pytest.fixture
def pooler(postgres):
    pooler = Pooler(postgres, server_connections=4)
    try:
        yield pooler.wait_ready()
    finally:
        pooler.stop()


def test_through_a_pooler_nodes_listen_at_the_server_itself(own_server, postgres, pooler, sockets):
    database = postgres.create_database()
    plugins = [{"name": "Postgres", "settings": {"url": pooler.url(database), "listen_url": postgres.url(database)}},
               *REST, {"name": "Admin", "settings": {"client_key_login": True, "setup_rate": 0}}]
    a, b = (own_server(configuration(plugins=plugins, topology="postgres")) for _ in range(2))
    api = a.api()
    conversation = api.open()["id"]
    client = sockets.stock_client(b, api)
    assert client.call("conversation:join", {"conversation_id": conversation})["success"]
    sent = api.send(conversation, "over the pooler")
    assert client.wait("message:new")["id"] == sent["id"]


def test_listening_through_a_pooler_that_is_not_known_is_noticed(own_server, postgres, pooler):
    database = postgres.create_database()
    wrong = pooler.url(database).replace("?pgbouncer=true", "")
    (pooler.folder / "pooler.ini").write_text(
        (pooler.folder / "pooler.ini").read_text() + "ignore_startup_parameters = options\n")
    pooler.reload()
    plugins = [{"name": "Postgres", "settings": {"url": postgres.url(database), "listen_url": wrong}}, *REST]
    said = refusal(own_server, plugins, topology="postgres")
    assert "there is a pooler between" in said and "listen_url must lead to the server itself" in said


def test_check_makes_sure_of_it_too(own_server, postgres):
    server = own_server(configuration(plugins=[{"name": "SQLite"}, *REST], topology="postgres"), start=False)
    checked = server.command("check")
    assert checked.returncode != 0 and "provides the bus" in checked.stderr
    inspected = server.command("plugins", "Postgres")
    assert "with topology postgres" in inspected.stdout, inspected.stdout + inspected.stderr
