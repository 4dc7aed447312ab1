"""Row-level security: the server works as a role that the database itself keeps to one app at a time."""

import json

from support.api import App
from support.server import configuration

GRANTS = (
    "GRANT SELECT, INSERT, UPDATE ON apps, conversations, messages, devices TO {role}",
    "GRANT INSERT ON events TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON transport_uses, server_leases TO {role}",
    "GRANT SELECT, INSERT, UPDATE ON push_outbox TO {role}",
    "GRANT SELECT ON schema_migrations TO {role}",
    "GRANT USAGE ON SEQUENCE messages_sequence_seq, events_id_seq TO {role}",
)


def production(own_server, url, **settings):
    config = configuration(plugins=[
        {"name": "Postgres", "settings": {"url": url, "row_level_security": True, **settings}},
        {"name": "Chat"}, {"name": "Presence"}, {"name": "SocketIO"}, {"name": "Rest"},
        {"name": "Admin", "settings": {"client_key_login": True}},
    ])
    config.update(environment="production", topology="single")
    return own_server(config, start=False)


def refusal(server):
    server.spawn()
    assert server.wait_end() == 2
    return server.log + "\n".join(server.output)


def test_two_apps_on_a_role_of_the_servers_own(own_server, postgres, sockets):
    database = postgres.create_database()
    role = f"server_{database}"
    owner = production(own_server, postgres.url(database))

    planned = owner.command("migrate", "plan", "--json")
    steps = json.loads(planned.stdout)[0]["steps"]
    assert steps[-1]["name"] == "row-level security", planned.stderr
    applied = owner.command("migrate", "apply")
    assert applied.returncode == 0, applied.stderr
    # The owner is bound by no policy, so it is refused instead of trusted.
    assert "connect as a role of the server's own" in refusal(owner)

    postgres.sql(f"CREATE ROLE {role} LOGIN", database)
    url = postgres.url(database).replace("postgres@", f"{role}@")
    assert f"GRANT SELECT, INSERT, UPDATE ON messages TO {role}" in refusal(production(own_server, url))

    for grant in GRANTS:
        postgres.sql(grant.format(role=role), database)
    unaware = production(own_server, url, row_level_security=False)
    assert "would hide all rows" in refusal(unaware)

    server = production(own_server, url)
    server.start()
    apps = []
    for name in ("One", "Other"):
        made = json.loads(server.command("apps", "create", name, "--json").stdout)
        apps.append(App(made["id"], made["api_key"]))
    clients = [server.api(app) for app in apps]
    conversations = [api.open()["id"] for api in clients]
    socket = sockets.stock_client(server, clients[0])
    socket.wait("conversation:joined")
    for api, conversation in zip(clients, conversations):
        api.send(conversation, f"from {api.app.id}")
    assert socket.wait("message:new")["body"] == f"from {apps[0].id}"
    for api, conversation in zip(clients, conversations):
        assert [message["body"] for message in api.sync(conversation)] == [f"from {api.app.id}"]
    assert clients[0].get(f"/conversations/{conversations[1]}/sync").status_code == 404

    seen = postgres.sql(f"SET ROLE {role}; SELECT count(*) FROM messages", database)
    assert seen == "0"
    seen = postgres.sql(
        f"SET ROLE {role}; SET app.current_tenant = '{apps[0].id}'; SELECT DISTINCT app_id FROM messages", database)
    assert seen == apps[0].id
