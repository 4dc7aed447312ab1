"""Pushes while the configuration changes: what is under way and what waits is lost and doubled by nothing."""

import pytest

from support.outbox import change, count, fill, look, on_file
from support.reloading import actions, reload, set_plugin, set_settings
from support.shop import QUICK, Shop, unique
from support.waiting import wait_until


@pytest.fixture
def shop(own_server, nginx, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reload")
    config = on_file(settings={"Push": dict(QUICK), "FCM": nginx.settings(timeout="10s")})
    return Shop(own_server(config=config, folder=folder))


def ids(pushes):
    return [push["payload"]["message"]["data"]["message_id"] for push in pushes]


def wait_all_sent(shop, number):
    folder = shop.server.folder
    wait_until(lambda: count(folder, "sent") == number, timeout=60,
               told=lambda: look(folder, "SELECT state, hold, detail, count(*) FROM push_outbox GROUP BY 1, 2, 3"))


def test_a_reload_that_changes_the_settings_loses_and_doubles_nothing(shop, nginx):
    _, conversation = shop.phone(unique("ok"))
    # Each is answered after half a second, and a hundred are on the wire at once.
    fill(shop.server.folder, shop.app.id, conversation, 1_200, token="slow/500/{}")
    for number, timeout in enumerate(["9s", "8s", "7s"]):
        nginx.wait(lambda nginx: len(nginx.pushes) > 60 + number * 120, what="pushes under way")
        set_settings(shop.server, "FCM", timeout=timeout)
        assert actions(reload(shop.server)) == {"FCM": "restarted"}
        assert count(shop.server.folder, "waiting") > 0, "some were under way or waited"
    wait_all_sent(shop, 1_200)
    assert sorted(ids(nginx.pushes)) == sorted(set(ids(nginx.pushes))), "one was sent twice"
    assert len(nginx.pushes) == 1_200
    # Each plugin made anew has an access token of its own.
    assert len(nginx.token_requests) == 4


def test_a_reload_of_the_plugin_that_decides_loses_and_doubles_nothing(shop, nginx):
    _, conversation = shop.phone(unique("ok"))
    # More than are under way at the three reloads.
    fill(shop.server.folder, shop.app.id, conversation, 1_200, token="slow/500/{}")
    for number, in_flight in enumerate([300, 200, 100]):
        nginx.wait(lambda nginx: len(nginx.pushes) > 60 + number * 120, what="pushes under way")
        set_settings(shop.server, "Push", in_flight=in_flight)
        assert actions(reload(shop.server))["Push"] == "restarted"
        assert count(shop.server.folder, "waiting") > 0, "some were under way or waited"
    wait_all_sent(shop, 1_200)
    assert len(nginx.pushes) == 1_200 and len(set(ids(nginx.pushes))) == 1_200


def test_what_waits_while_the_way_to_firebase_is_off_goes_when_it_is_on_again(shop, nginx):
    server = shop.server
    meanwhile = unique("ok")
    api, conversation = shop.phone(meanwhile)
    fill(server.folder, shop.app.id, conversation, 20, due_in=3_000, token="ok/before-{}")
    done = server.command("plugins", "disable", "FCM", "--reload")
    assert done.returncode == 0, done.stderr
    shop.answer(api, conversation, "Meanwhile")
    change(server.folder, "UPDATE push_outbox SET due_at = created_at WHERE state = 'waiting'")
    assert count(server.folder, "waiting") == 21
    # What another plugin does meanwhile changes nothing either.
    set_settings(server, "Push", in_flight=300)
    assert actions(reload(server))["Push"] == "restarted"
    assert count(server.folder, "waiting") == 21 and nginx.pushes == []
    done = server.command("plugins", "enable", "FCM", "--reload")
    assert done.returncode == 0, done.stderr
    wait_all_sent(shop, 21)
    assert len(nginx.pushes) == 21 and len(set(ids(nginx.pushes))) == 21
    assert len(nginx.to(meanwhile)) == 1


def test_without_any_way_what_is_too_old_is_given_up_and_the_rest_goes_when_there_is_one(shop, nginx):
    server = shop.server
    set_plugin(server, "FCM", enabled=False)
    assert actions(reload(server)) == {"FCM": "stopped"}
    _, conversation = shop.phone(unique("ok"))
    fill(server.folder, shop.app.id, conversation, 1_500, age=100, lifetime=60, token="ok/old-{}")
    fill(server.folder, shop.app.id, conversation, 5, age=100, lifetime=3_600, token="ok/young-{}")
    # It is looked for when the plugin starts, and every ten minutes.
    set_settings(server, "Push", in_flight=300)
    assert actions(reload(server))["Push"] == "restarted"
    wait_until(lambda: count(server.folder, "failed") == 1_500, told=lambda: count(server.folder, "failed"))
    details = look(server.folder, "SELECT DISTINCT detail FROM push_outbox WHERE state = 'failed'")
    assert details == [("it could not be sent in time",)]
    assert count(server.folder, "waiting") == 5
    set_plugin(server, "FCM", enabled=True)
    assert actions(reload(server)) == {"FCM": "started"}
    wait_all_sent(shop, 5)
    assert len(nginx.pushes) == 5 and all(push["payload"]["message"]["token"].startswith("ok/young")
                                             for push in nginx.pushes)
