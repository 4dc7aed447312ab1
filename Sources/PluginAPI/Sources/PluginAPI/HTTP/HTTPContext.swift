/// The request context of every route (Hummingbird's `RequestContext`).
public struct HTTPContext: RequestContext {
    /// What a context is made from.
    public typealias Source = HTTPContextSource

    /// What the router keeps with a request.
    public var coreContext: CoreRequestContextStorage
    /// The client's address in text: the peer's, or what a trusted proxy says.
    public let clientAddress: String
    /// The value of `X-Request-Id`: the client's own if it is sound, else a new one.
    public let requestID: String
    /// The same, under Hummingbird's name for it.
    public var id: String { requestID }
    /// The device that speaks, once a middleware has checked its app's key; nil otherwise.
    public var device: DeviceIdentity?

    /// Made by the listener for each request.
    public init(source: HTTPContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        clientAddress = source.clientAddress
        requestID = source.requestID
    }
}

/// What the listener knows of a request before it is routed.
public struct HTTPContextSource: RequestContextSource {
    /// Carries the request's id in every line.
    public let logger: Logger
    /// The peer's address, or the one that a trusted proxy names.
    public let clientAddress: String
    /// The request's id in answers and logs.
    public let requestID: String

    /// Made by the listener for each request.
    public init(logger: Logger, clientAddress: String, requestID: String) {
        self.logger = logger
        self.clientAddress = clientAddress
        self.requestID = requestID
    }
}
