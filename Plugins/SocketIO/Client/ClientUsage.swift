import PluginAPI

/// What the client of an upgrade says that it runs.
extension ClientSoftware {
    /// What every handshake says; a query that is no longer says nothing else, and most are not.
    private static let handshake = "EIO=4&transport=websocket"

    init(socketIO upgrade: WebSocketEndpoint.Upgrade) {
        // Broken or doubled parameters are the handshake's business; here they say nothing.
        let isMore = upgrade.query.utf8.count > Self.handshake.utf8.count
        let query = isMore ? try? QueryParameters(upgrade.query) : nil
        self.init(
            transport: .socketIO, protocolName: "socket.io/5", headers: upgrade.request.headerFields
        ) { name in query?[name] }
    }
}
