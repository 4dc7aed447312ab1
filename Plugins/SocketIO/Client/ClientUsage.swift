import PluginAPI

/// What the client of an upgrade says that it runs.
extension ClientSoftware {
    init(socketIO upgrade: WebSocketEndpoint.Upgrade) {
        // Broken or doubled parameters are the handshake's business; here they say nothing.
        let query = try? QueryParameters(upgrade.query)
        self.init(
            transport: .socketIO, protocolName: "socket.io/5", headers: upgrade.request.headerFields
        ) { name in query?[name] }
    }
}
