import NIOCore
import PluginAPI

/// What the listener needs to know: where to listen, and its bounds.
struct ListenerConfiguration: Sendable {
    /// Header fields of one request.
    static let maxHeaderFields = 128

    /// A name or an address; `0.0.0.0` and `::` are all of the machine's.
    var host = "127.0.0.1"
    /// 0 takes any free port.
    var port = 0
    /// Connections that wait in the kernel to be accepted.
    var backlog = 1024
    /// Connections at once; beyond them accepting pauses. One round of accepting (a few connections) may go over.
    var maxConnections = 100_000
    /// Bytes of one request's header fields together.
    var maxHeaderBytes = 32 * 1024
    /// Bytes of one request's body.
    var maxBodyBytes = 1024 * 1024
    /// Bytes of answers that wait for their readers, in all connections together.
    var maxUnsentBytes = 128 * 1024 * 1024
    /// From a request's first byte to its last; also the time a TLS handshake may take.
    var requestTimeout = TimeAmount.seconds(30)
    /// Silence between two requests, and how long a peer may refuse to take its answer.
    var idleTimeout = TimeAmount.seconds(75)
    /// TLS, or `nil` for plain text.
    var tls: ListenerTLS?
}

/// The files of a TLS listener, in PEM.
struct ListenerTLS: Sendable {
    /// The certificate, followed by its chain.
    var certificate: String
    var privateKey: String
    var minVersion = TLSVersion.tls12
}
