/// What goes to rooms of Socket.IO, for plugins that carry it to and from servers of another kind.
public protocol SocketIOBroadcasting: Sendable {
    /// What the namespaces' sockets see of a publication: one broadcast for each namespace that carries its event and
    /// has rooms of that kind.
    func broadcasts(of publication: ClusterPublication) -> [SocketIOBroadcast]

    /// Hands a broadcast to the sockets on this node, each once, whatever rooms it is in. Never blocks.
    func deliver(_ broadcast: SocketIOBroadcast)
}

/// One event for the sockets of a namespace that are in certain rooms.
public struct SocketIOBroadcast: Sendable, Hashable {
    /// Begins with `/`.
    public var namespace: String
    /// The event's name.
    public var event: String
    /// What goes with it.
    public var arguments: [JSONValue]
    /// Rooms whose sockets get it, named as ``Topic``; none: all sockets of the namespace.
    public var rooms: [String]
    /// Rooms whose sockets do not get it.
    public var except: [String]
    /// A socket that reads slowly can do without it.
    public var mayBeDropped: Bool

    /// Makes a broadcast.
    public init(
        namespace: String, event: String, arguments: [JSONValue], rooms: [String] = [], except: [String] = [],
        mayBeDropped: Bool = false
    ) {
        self.namespace = namespace
        self.event = event
        self.arguments = arguments
        self.rooms = rooms
        self.except = except
        self.mayBeDropped = mayBeDropped
    }
}

extension Capability where Value == any SocketIOBroadcasting {
    /// What goes to the rooms of the product's own namespaces.
    public static var socketIOBroadcasts: Self { Self("socketio-broadcasts") }
}
