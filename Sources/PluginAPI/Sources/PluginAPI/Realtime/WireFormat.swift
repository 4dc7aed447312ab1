/// How one kind of connection sees events: Socket.IO's `/client`, Socket.IO's `/admin`, the legacy websocket, …
///
/// The hub asks for a frame once per event and hands the same buffer to every member of that wire.
public protocol WireFormat: Sendable {
    /// For logs and metrics, such as `socketio:/client`.
    var name: String { get }

    /// The finished bytes of an event as they go to the socket, framing included; nil if this wire does not carry it.
    /// Called on the publisher's thread; must not block.
    func frame(for event: DomainEvent) -> ByteBuffer?
}

/// A wire that was added to a hub.
public struct WireFormatID: Hashable, Sendable {
    let index: Int
}
