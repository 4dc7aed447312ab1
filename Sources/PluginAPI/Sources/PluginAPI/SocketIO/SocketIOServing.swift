/// Opens Engine.IO and Socket.IO endpoints for other plugins, websocket transport only.
///
/// An endpoint is contributed through the context of the plugin that opens it, and goes when that plugin stops.
public protocol SocketIOServing: Sendable {
    /// Opens a Socket.IO endpoint. Throws ``PluginContextError`` if the path is taken.
    func open(_ endpoint: SocketIOEndpoint, for context: PluginContext) throws

    /// Opens a bare Engine.IO endpoint. Throws ``PluginContextError`` if the path is taken.
    func open(_ endpoint: EngineIOEndpoint, for context: PluginContext) throws
}

/// Heartbeat and limits of an endpoint (Engine.IO protocol 4).
public struct EngineIOTimings: Sendable, Hashable {
    /// From open, and from each pong, to the next ping.
    public var pingInterval: Duration
    /// From a ping to the close of a peer that has not answered.
    public var pingTimeout: Duration
    /// From open to the close of a peer that has joined no namespace.
    public var connectTimeout: Duration
    /// The longest websocket message from the peer, in bytes; until it has joined a namespace, 32,768 at most.
    public var maxPayload: Int

    /// Makes timings; the defaults are the contract's (`socketio.md` 3).
    public init(
        pingInterval: Duration = .milliseconds(25_000),
        pingTimeout: Duration = .milliseconds(60_000),
        connectTimeout: Duration = .milliseconds(45_000),
        maxPayload: Int = 1_000_000
    ) {
        self.pingInterval = pingInterval
        self.pingTimeout = pingTimeout
        self.connectTimeout = connectTimeout
        self.maxPayload = maxPayload
    }
}

/// A Socket.IO endpoint: its paths and its namespaces.
public struct SocketIOEndpoint: Sendable {
    /// Without a trailing slash; each is served with and without one.
    public var paths: [String]
    /// Heartbeat and limits of its connections.
    public var timings: EngineIOTimings
    /// What peers may join.
    public var namespaces: [SocketIONamespace]

    /// Makes an endpoint.
    public init(paths: [String], timings: EngineIOTimings = EngineIOTimings(), namespaces: [SocketIONamespace]) {
        self.paths = paths
        self.timings = timings
        self.namespaces = namespaces
    }
}

/// A namespace of an endpoint. Others are refused with `Invalid namespace`.
public struct SocketIONamespace: Sendable {
    /// Starts with `/`.
    public var name: String
    /// A peer asks to join, with what it sent along: null if nothing, and at most 1,000 values. Runs on the connection's
    /// event loop; what the peer sends meanwhile waits. Throw ``SocketIORefusal`` to refuse; a peer that was refused five
    /// times is closed, and addresses whose peers are refused often wait for their answers.
    public var connect: @Sendable (any SocketIOSocket, JSONValue) async throws -> any SocketIOHandler

    /// Makes a namespace.
    public init(
        name: String,
        connect: @escaping @Sendable (any SocketIOSocket, JSONValue) async throws -> any SocketIOHandler
    ) {
        self.name = name
        self.connect = connect
    }
}

/// A peer was refused; the message is what it sees in CONNECT_ERROR.
public struct SocketIORefusal: Error, Sendable, Hashable {
    /// What the peer reads.
    public var message: String

    /// Makes a refusal.
    public init(_ message: String) { self.message = message }
}

/// One peer in one namespace. All calls may come from any thread and take effect on the connection's event loop.
public protocol SocketIOSocket: Sendable {
    /// The socket's id in this namespace, 20 characters.
    var id: String { get }
    /// The namespace's name.
    var namespace: String { get }
    /// The loop on which the handler is called.
    var eventLoop: any EventLoop { get }

    /// Sends an event. Nothing happens after the peer is gone.
    func emit(_ event: String, _ arguments: [SocketIOValue])

    /// Sends an event and waits for its acknowledgement.
    ///
    /// - Throws: ``SocketIOAckError``; `CancellationError` as soon as the task is cancelled, whether or not the event
    ///   was sent by then.
    func emitWithAck(_ event: String, _ arguments: [SocketIOValue], timeout: Duration) async throws -> [SocketIOValue]

    /// Leaves the namespace, and closes the whole connection if asked to.
    func disconnect(close: Bool)
}

/// Why there was no acknowledgement.
public enum SocketIOAckError: Error, Sendable {
    /// No answer came in time.
    case timedOut
    /// The peer left, or owes too many answers already.
    case disconnected
}

/// What a namespace does with a peer's events. Called on the connection's event loop; must not block.
public protocol SocketIOHandler: Sendable {
    /// The peer has been told that it joined; what is sent from here on follows that.
    func joined(_ socket: any SocketIOSocket)

    /// An event. `acknowledge` is nil if the peer wants no acknowledgement; calling it more than once does nothing.
    func received(
        _ event: String,
        _ arguments: [SocketIOValue],
        acknowledge: (@Sendable ([SocketIOValue]) -> Void)?,
        from socket: any SocketIOSocket
    )

    /// The peer left or the connection closed. Called once.
    func disconnected(_ socket: any SocketIOSocket, reason: String)
}

extension SocketIOHandler {
    /// Says nothing.
    public func joined(_ socket: any SocketIOSocket) {}
    /// Has nothing to let go of.
    public func disconnected(_ socket: any SocketIOSocket, reason: String) {}
}

/// A bare Engine.IO endpoint.
public struct EngineIOEndpoint: Sendable {
    /// Without a trailing slash; served with and without one.
    public var path: String
    /// Heartbeat and limits of its connections.
    public var timings: EngineIOTimings
    /// A message came in. Runs on the connection's event loop; `reply` sends one back.
    public var received: @Sendable (EngineIOMessage, _ reply: @Sendable (EngineIOMessage) -> Void) -> Void

    /// Makes an endpoint.
    public init(
        path: String,
        timings: EngineIOTimings,
        received: @escaping @Sendable (EngineIOMessage, _ reply: @Sendable (EngineIOMessage) -> Void) -> Void
    ) {
        self.path = path
        self.timings = timings
        self.received = received
    }
}

/// A message of Engine.IO.
public enum EngineIOMessage: Sendable, Hashable {
    /// A text; its bytes are UTF-8.
    case text(ByteBuffer)
    /// Bytes.
    case binary(ByteBuffer)
}
