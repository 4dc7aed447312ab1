import PluginAPI

extension EchoPlugin {
    /// What the test suites of the Engine.IO and Socket.IO protocol documents expect: short heartbeats, so that a
    /// suite that waits for a missing one is done soon. How patient it is with slow peers can be set.
    static func timings(_ settings: Settings) throws -> EngineIOTimings {
        EngineIOTimings(
            pingInterval: .milliseconds(300),
            pingTimeout: try settings.duration("ping_timeout"),
            connectTimeout: try settings.duration("connect_timeout"),
            maxPayload: 1_000_000)
    }

    /// Every peer may join; the handler begins with what the peer sent along.
    static func socketIO(_ timings: EngineIOTimings) -> SocketIOEndpoint {
        SocketIOEndpoint(
            paths: ["/socket.io"],
            timings: timings,
            namespaces: ["/", "/custom"].map { name in
                SocketIONamespace(name: name) { _, auth in EchoHandler(auth: auth) }
            })
    }

    static func engineIO(_ timings: EngineIOTimings) -> EngineIOEndpoint {
        EngineIOEndpoint(path: "/engine.io", timings: timings) { message, reply in reply(message) }
    }
}

/// One peer in one namespace.
struct EchoHandler: SocketIOHandler {
    let auth: JSONValue

    func joined(_ socket: any SocketIOSocket) {
        socket.emit("auth", [.json(auth == .null ? [:] : auth)])
    }

    /// Arguments go back as they came, binary data included; other events are nobody's business.
    func received(
        _ event: String,
        _ arguments: [SocketIOValue],
        acknowledge: (@Sendable ([SocketIOValue]) -> Void)?,
        from socket: any SocketIOSocket
    ) {
        switch event {
        case "message": socket.emit("message-back", arguments)
        case "message-with-ack": acknowledge?(arguments)
        default: break
        }
    }
}
