import PluginAPI

/// One Socket.IO packet as its text says it, checked by its type's rules but with attachments still to come.
struct SocketIOPacket: Sendable, Hashable {
    var type: SocketIOPacketType
    /// Begins with a slash; `/` is the root.
    var namespace: String
    var ackID: UInt64?
    var payload: JSONValue?
    /// Binary frames that follow; 0 for the types without any.
    var attachments = 0
}

/// A whole packet with its attachments in place: what a namespace gets to see.
enum SocketIOInbound: Sendable, Hashable {
    case connect(namespace: String, auth: JSONObject?)
    case disconnect(namespace: String)
    case event(namespace: String, name: String, arguments: [SocketIOValue], ackID: UInt64?)
    case ack(namespace: String, id: UInt64, arguments: [SocketIOValue])
    case connectError(namespace: String, payload: JSONValue?)
}
