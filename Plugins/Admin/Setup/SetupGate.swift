import HTTPTypes
import PluginAPI

extension HTTPField.Name {
    // A literal that is a valid name; it cannot fail at run time.
    static let masterKey = HTTPField.Name.constant("X-Master-API-Key")
}

/// Lets only the operator pass: a strict limit of its own (`defects.md` D-54), then the master key (`http.md` 10).
struct SetupGate: Sendable {
    private let key: Secret?
    private let attempts: RateLimit<String>?

    /// - Parameter shared: what counts attempts over all nodes, if there is any.
    init(_ settings: AdminSettings, shared: (any SharedLimiter)? = nil) {
        key = settings.masterKey
        attempts =
            settings.setupRate > 0
            ? RateLimit(
                TokenBucket.Rules(capacity: settings.setupBurst, refillPerSecond: settings.setupRate), shared: shared
            ) { "setup:" + $0 } : nil
    }

    func allow(
        _ handler: @escaping @Sendable (Request) async throws -> Response
    ) -> @Sendable (Request, HTTPContext) async throws -> Response {
        { request, context in
            try await admit(context.clientAddress, at: .now())
            try check(request.headers)
            return try await handler(request)
        }
    }

    /// Throws 429 for an address that tries too often.
    func admit(_ address: String, at now: NIODeadline) async throws(HTTPFailure) {
        let take = await attempts?.take(ClientBlock.key(of: address), at: now)
        guard case .rejected(let wait)? = take?.outcome.decision else { return }
        throw .rateLimited("Too many requests", wait: wait) { .string("\($0) seconds") }
    }

    /// Throws unless the headers carry the master key.
    func check(_ headers: HTTPFields) throws(HTTPFailure) {
        guard let key else {
            throw HTTPFailure(.internalServerError, "MASTER_KEY_NOT_SET", "Master API key is not configured")
        }
        let given = headers[values: .masterKey]
        guard given.count <= 1 else {
            throw HTTPFailure(.badRequest, "INVALID_HEADER_FORMAT", "X-Master-API-Key must be given once")
        }
        guard let given = given.first, !given.isEmpty else {
            throw HTTPFailure(.unauthorized, "MISSING_MASTER_KEY", "X-Master-API-Key header is required")
        }
        // Digests are compared, so that the time tells neither where nor in length they differ.
        guard constantTimeEqual(Digest.sha256(given.utf8), Digest.sha256(key.reveal().utf8)) else {
            throw HTTPFailure(.forbidden, "INVALID_MASTER_KEY", "Invalid master API key")
        }
    }
}
