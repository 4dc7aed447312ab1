public import HTTPTypes

/// A websocket endpoint on the shared listener (RFC 6455).
///
/// The host checks the upgrade itself (method, version, key), asks ``accept``, writes the 101 and takes its HTTP
/// handlers out; ``install`` then owns the raw channel: bytes in, bytes out. No extension is ever negotiated.
public struct WebSocketEndpoint: Sendable {
    /// The request, and where it came from.
    public struct Upgrade: Sendable {
        /// The request's head.
        public var request: HTTPRequest
        /// The path without its query.
        public var path: String
        /// The query without its `?`; empty if there is none.
        public var query: String
        /// See ``HTTPContext/clientAddress``.
        public var clientAddress: String
        /// Bytes change on their way: there is TLS below, so nothing may be sent around the channel.
        public var isEncrypted: Bool

        /// Made by the listener for each upgrade.
        public init(request: HTTPRequest, path: String, query: String, clientAddress: String, isEncrypted: Bool) {
            self.request = request
            self.path = path
            self.query = query
            self.clientAddress = clientAddress
            self.isEncrypted = isEncrypted
        }
    }

    /// What an endpoint says to an upgrade.
    public enum Decision: Sendable {
        /// Answer 101, with these headers added.
        case accept(headers: HTTPFields = [:])
        /// Answer with this status, these headers added, content type and text, and close.
        case refuse(
            HTTPResponse.Status, headers: HTTPFields = [:], contentType: String = "text/plain", body: String)
    }

    /// Exact paths, without a trailing slash; each is served with and without one.
    public var paths: [String]
    /// Decides on an upgrade, on the connection's event loop; must not block.
    public var accept: @Sendable (Upgrade) -> Decision
    /// Adds handlers to the channel, on its event loop, after the 101 was written. The channel has no handlers but TLS,
    /// if any. An error closes the channel.
    public var install: @Sendable (any Channel, Upgrade) throws -> Void

    /// Makes an endpoint.
    public init(
        paths: [String],
        accept: @escaping @Sendable (Upgrade) -> Decision = { _ in .accept() },
        install: @escaping @Sendable (any Channel, Upgrade) throws -> Void
    ) {
        self.paths = paths
        self.accept = accept
        self.install = install
    }
}
