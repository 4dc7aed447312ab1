import PluginAPI

/// Bounds on what a client may send in one packet.
struct SocketIOLimits: Sendable {
    /// Bytes of a namespace, its query not counted in.
    var namespaceLength = 255
    /// Binary frames of one packet.
    var attachments = 10
    /// Bytes of all binary frames of one packet together.
    var attachmentBytes = 1_000_000
    /// Depth and size of the payload.
    var json = JSONLimits()
    /// The same for CONNECT.
    var connectJSON = JSONLimits(maxNodes: 1_000)
}
