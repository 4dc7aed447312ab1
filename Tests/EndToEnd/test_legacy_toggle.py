"""The old websocket turned off and on again on a live server: its own peers are told, and nobody else notices."""

import requests

from support.reloading import actions, descriptors, reload, set_plugin
from support.server import configuration

RETIRED = [{"path": "/v1/realtime", "replacement": "/v1/socket.io"}]


def test_it_goes_and_comes_back_as_often_as_it_is_told(own_server, sockets):
    server = own_server(configuration(server={"retired_paths": RETIRED}))
    api = server.api()
    conversation = api.open()["id"]
    listener = sockets.stock_client(server, api)
    assert listener.call("conversation:join", {"conversation_id": conversation})["success"]
    sent = []

    def round_trip():
        peers = [sockets.legacy(server, api) for _ in range(5)]
        for peer in peers:
            peer.wait("subscribed", conversation_id=conversation)
        sent.append(api.send(conversation, f"message {len(sent)}")["id"])
        for peer in peers:
            assert peer.wait("message.new")["message"]["id"] == sent[-1]
        return peers

    before = None
    for number in range(12):
        peers = round_trip()
        set_plugin(server, "LegacyWS", enabled=False)
        assert actions(reload(server)) == {"LegacyWS": "stopped"}
        for peer in peers:
            peer.wait("server.going_away")
            assert peer.wait_closed() == 1001
            peer.close()
        answer = requests.get(server.url + "/v1/realtime", timeout=10)
        assert answer.status_code == 404 and "use /v1/socket.io instead" in answer.json()["message"]
        sent.append(api.send(conversation, f"message {len(sent)}")["id"])
        set_plugin(server, "LegacyWS", enabled=True)
        assert actions(reload(server)) == {"LegacyWS": "started"}
        # What is made once has been made after a few.
        if number == 3:
            before = descriptors(server)
    assert descriptors(server) <= before + 2
    round_trip()
    listener.fence()
    assert [message["id"] for message in listener.received("message:new")] == sent
