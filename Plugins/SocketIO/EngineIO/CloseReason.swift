/// Why a connection ended, in the words the protocol's `disconnect` reasons use.
enum CloseReason: String, Sendable, Hashable {
    case transportClose = "transport close"
    case transportError = "transport error"
    case pingTimeout = "ping timeout"
    case parseError = "parse error"
    case clientNamespaceDisconnect = "client namespace disconnect"
    case serverNamespaceDisconnect = "server namespace disconnect"
    case serverShuttingDown = "server shutting down"
    /// The server's own decision, such as the connect timeout.
    case forcedClose = "forced close"
    case forcedServerClose = "forced server close"
}
