"""Verbs that plugins bring, and turning plugins on and off in the file."""

import json

import pytest

from support.reloading import FIXTURE, fixture, reload, set_plugin, states
from support.server import configuration, run

YAML = """\
# The head of the file.
environment: development
server: {{host: 127.0.0.1, port: 0}}

plugins:
  - name: SQLite          # the store
    settings:
      path: replyhq.db
  - name: Chat
{entry}
  # The last words.
"""


def listing(own_server, **changes):
    return own_server(plugins=configuration()["plugins"] + [fixture()], start=False, **changes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where a configuration lists a plugin with commands, and nothing runs."""
    folder = tmp_path_factory.mktemp("commands")
    config = configuration(plugins=configuration()["plugins"] + [{**fixture(), "enabled": False}])
    (folder / "replyhq.json").write_text(json.dumps(config))
    return folder


def replyhq(folder, *arguments):
    return run(*arguments, "--config", "replyhq.json", folder=folder)


# Finding and reading

def test_a_verb_of_a_disabled_plugin_works(folder):
    finished = replyhq(folder, "switchable", "say", "hello")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "hello\n", "")


@pytest.mark.parametrize("arguments, output", [
    (["say", "a", "b"], "ab\n"),
    (["say", "--json", "a"], '{"word":"a"}\n'),
    (["say", "--times=2", "a"], "a\na\n"),
    (["say", "a", "--times", "2"], "a\na\n"),
    (["say", "--", "--json"], "--json\n"),
    (["say", "-"], "-\n"),
])
def test_arguments_are_read_as_declared(folder, arguments, output):
    finished = run("switchable", "-f", "replyhq.json", *arguments, folder=folder)
    assert finished.returncode == 0 and finished.stdout == output, finished


@pytest.mark.parametrize("arguments, says", [
    (["switchable", "say"], "missing argument <WORD>"),
    (["switchable", "say", "a", "b", "c"], 'unexpected argument "c"'),
    (["switchable", "say", "--jsn", "a"], "unknown option --jsn; did you mean --json?"),
    (["switchable", "say", "--json=yes", "a"], "--json takes no value"),
    (["switchable", "say", "a", "--times"], "--times needs a value"),
    (["switchable", "say", "a", "--times", "11"], "1…10"),
    (["switchable", "sy", "a"], 'did you mean "say"?'),
    (["switchabel"], 'unknown command "switchabel"; did you mean "switchable"?'),
    (["pluginz"], 'unknown command "pluginz"; did you mean "plugins"?'),
    (["entirely-different"], 'unknown command "entirely-different"'),
])
def test_a_wrong_command_line_is_explained_and_ends_with_64(folder, arguments, says):
    finished = replyhq(folder, *arguments)
    assert finished.returncode == 64 and finished.stdout == ""
    assert says in finished.stderr and finished.stderr.startswith("error: "), finished.stderr


def test_help_tells_of_the_commands(folder):
    top = run("--help", folder=folder, REPLYHQ_CONFIG="replyhq.json")
    assert top.returncode == 0 and "switchable" in top.stdout and FIXTURE in top.stdout
    group = replyhq(folder, "switchable", "--help")
    assert group.returncode == 0 and "SUBCOMMANDS:" in group.stdout and "Print a word." in group.stdout
    assert group.stdout == replyhq(folder, "switchable").stdout == replyhq(folder, "help", "switchable").stdout
    leaf = replyhq(folder, "switchable", "say", "-h")
    assert leaf.returncode == 0 and "--times <COUNT>" in leaf.stdout and "<WORD> [<SUFFIX>]" in leaf.stdout


def test_the_list_of_plugins_tells_of_the_commands(folder):
    assert "replyhq switchable" in replyhq(folder, "plugins").stdout
    assert "replyhq switchable" in replyhq(folder, "plugins", FIXTURE).stdout
    [entry] = [entry for entry in json.loads(replyhq(folder, "plugins", "--json").stdout) if entry["name"] == FIXTURE]
    assert entry["commands"] == [{"name": "switchable", "summary": "Try what commands of plugins can do."}]


def test_a_verb_is_unknown_where_no_configuration_can_be_read(tmp_path):
    finished = run("switchable", folder=tmp_path)
    assert finished.returncode == 64
    assert 'unknown command "switchable"' in finished.stderr and "development.yaml" in finished.stderr


def test_a_listed_plugin_that_cannot_be_opened_hides_no_other_verb(folder):
    config = json.loads((folder / "replyhq.json").read_text())
    config["plugins"].insert(0, {"name": "Nowhere", "enabled": False})
    (folder / "broken.json").write_text(json.dumps(config))
    assert run("switchable", "say", "a", "-f", "broken.json", folder=folder).stdout == "a\n"
    finished = run("swichabel", "-f", "broken.json", folder=folder)
    assert finished.returncode == 64 and "libNowhere.so" in finished.stderr


def test_an_exit_code_and_words_of_its_own(folder):
    finished = replyhq(folder, "switchable", "fail")
    assert finished.returncode == 9 and finished.stderr == "error: two\nerror: lines\n"


# What they have to work with

def test_the_store_is_lent_also_beside_a_running_server(own_server):
    server = listing(own_server)
    server.start()
    server.create_app()
    server.create_app()
    finished = server.command("switchable", "apps")
    assert finished.returncode == 0 and finished.stdout == "2 apps\n", finished.stderr


def test_a_store_that_nobody_provides_is_said(folder):
    (folder / "none.json").write_text(json.dumps(configuration(plugins=[fixture()])))
    finished = run("switchable", "apps", "-f", "none.json", folder=folder)
    assert finished.returncode == 2 and 'no enabled plugin provides "store"' in finished.stderr


def test_own_settings(own_server):
    server = own_server(plugins=configuration()["plugins"] + [fixture(text="mine")], start=False)
    assert server.command("switchable", "settings").stdout == "mine, enabled\n"


def test_the_running_plugin_answers(own_server):
    server = listing(own_server)
    finished = server.command("switchable", "ask", "state")
    assert finished.returncode == 7 and finished.stderr == "error: no server runs\n"
    server.start()
    finished = server.command("switchable", "ask", "state")
    assert json.loads(finished.stdout) == {"text": "hello", "presence": True, "asked": {"from": "a command"}}
    finished = server.command("switchable", "ask", "stat")
    assert finished.returncode == 1 and 'did you mean "state"?' in finished.stderr
    finished = server.command("switchable", "ask", "refuse")
    assert finished.returncode == 1 and finished.stderr.startswith("error: ")
    set_plugin(server, FIXTURE, enabled=False)
    reload(server)
    finished = server.command("switchable", "ask", "state")
    assert finished.returncode == 1 and "no running plugin" in finished.stderr


def test_a_plugin_turns_itself_off_and_on(own_server):
    server = listing(own_server).start()
    finished = server.command("switchable", "turn", "off")
    assert finished.returncode == 0 and "changed" in finished.stdout and f"stopped {FIXTURE}" in finished.stdout
    assert FIXTURE not in states(server)
    finished = server.command("switchable", "turn", "off")
    assert finished.returncode == 0 and "unchanged" in finished.stdout and "Nothing to do" in finished.stdout
    assert f"started {FIXTURE}" in server.command("switchable", "turn", "on").stdout
    assert states(server)[FIXTURE] == "ready"


# plugins enable, plugins disable

@pytest.mark.parametrize("before, after", [
    ("  - name: Presence\n", "  - name: Presence\n    enabled: false\n"),
    ("  - name: Presence      # who is online\n    settings: {}\n",
     "  - name: Presence      # who is online\n    enabled: false\n    settings: {}\n"),
    ("  - name: Presence\n    enabled: true   # for now\n", "  - name: Presence\n    enabled: false   # for now\n"),
    ("  - name: Presence\n    enabled: 'yes'\n", "  - name: Presence\n    enabled: false\n"),
    ("  - name: Presence\n    enabled:\n", "  - name: Presence\n    enabled: false\n"),
    ("  - {name: Presence}\n", "  - {enabled: false, name: Presence}\n"),
    ('  - {"name": "Presence"}\n', '  - {"enabled": false, "name": "Presence"}\n'),
    ("  -\n    settings: {offline_grace: 1s}\n    name: \"Presence\"\n",
     "  -\n    settings: {offline_grace: 1s}\n    name: \"Presence\"\n    enabled: false\n"),
    ("  - {name: Presence, enabled: on}   # ü\n", "  - {name: Presence, enabled: false}   # ü\n"),
], ids=["bare", "comment", "stated", "quoted", "empty", "flow", "json", "later", "flow stated"])
def test_disabling_changes_one_word_and_nothing_else(tmp_path, before, after):
    path = tmp_path / "replyhq.yaml"
    path.write_text(YAML.format(entry=before.rstrip("\n")))
    path.chmod(0o640)
    finished = run("plugins", "disable", "presence", "-f", "replyhq.yaml", folder=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert path.read_text() == YAML.format(entry=after.rstrip("\n"))
    assert path.stat().st_mode & 0o777 == 0o640
    assert [file.name for file in tmp_path.iterdir()] == ["replyhq.yaml"], "nothing is left beside it"
    again = run("plugins", "disable", "Presence", "-f", "replyhq.yaml", folder=tmp_path)
    assert again.returncode == 0 and "already" in again.stdout
    assert run("plugins", "enable", "Presence", "-f", "replyhq.yaml", folder=tmp_path).returncode == 0
    assert path.read_text() == YAML.format(entry=after.replace("false", "true").rstrip("\n"))


@pytest.mark.parametrize("name, entry, says, code", [
    ("Presense", "  - name: Presence", 'did you mean "Presence"?', 2),
    ("Presence", "  - name: Presence\n    enabled: ${PRESENCE:-true}", "left to you", 2),
    ("SQLite", "  - name: Presence", 'requires "store"', 2),
    ("Chat", "  - name: Rest", 'requires "chat"', 2),
    ("Presence", "  - name: Presence\n    settings: {lease: 1h}", "lease", 2),
], ids=["unknown", "variable", "required store", "required chat", "unsound already"])
def test_what_would_not_be_sound_is_not_written(tmp_path, name, entry, says, code):
    path = tmp_path / "replyhq.yaml"
    path.write_text(YAML.format(entry=entry))
    finished = run("plugins", "disable", name, "-f", "replyhq.yaml", folder=tmp_path, PRESENCE="true")
    assert finished.returncode == code and says in finished.stderr, finished
    assert path.read_text() == YAML.format(entry=entry)


def test_a_link_stays_a_link_and_a_variable_that_decides_is_named(tmp_path):
    (tmp_path / "real").mkdir()
    path = tmp_path / "real/replyhq.yaml"
    path.write_text(YAML.format(entry="  - name: Presence"))
    (tmp_path / "link.yaml").symlink_to(path)
    finished = run("plugins", "disable", "Presence", "-f", "link.yaml", folder=tmp_path,
                   REPLYHQ_PLUGINS__PRESENCE__ENABLED="true")
    assert finished.returncode == 0 and "REPLYHQ_PLUGINS__PRESENCE__ENABLED" in finished.stderr
    assert (tmp_path / "link.yaml").is_symlink() and "enabled: false" in path.read_text()


def test_disabling_with_reload_makes_the_server_follow(own_server):
    server = own_server()
    finished = server.command("plugins", "disable", "Presence", "--reload")
    assert finished.returncode == 0 and "stopped Presence" in finished.stdout, finished
    assert "Presence" not in states(server)
    finished = server.command("plugins", "enable", "Presence")
    assert finished.returncode == 0 and "replyhq reload" in finished.stdout
    assert "enabled, not running" in server.command("plugins").stdout
    assert reload(server)["result"] == "applied"


def test_reload_and_states_without_a_server(folder):
    finished = replyhq(folder, "reload")
    assert finished.returncode == 3 and "no server runs here" in finished.stderr
    assert "ready" not in replyhq(folder, "plugins").stdout
