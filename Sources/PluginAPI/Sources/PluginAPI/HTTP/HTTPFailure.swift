/// An answer other than success, thrown by a handler to end its request with the contract's error body (`http.md` 4).
public struct HTTPFailure: HTTPResponseError, Sendable {
    /// The status of the answer.
    public var status: HTTPResponse.Status
    /// The word clients switch on, such as `CONVERSATION_NOT_FOUND`.
    public var code: String
    /// A short sentence; safe to show to anyone.
    public var error: String
    /// More detail; sent only where it differs from ``error``.
    public var message: String?
    /// Further members of the body.
    public var details: JSONObject
    /// Fields beside the usual ones.
    public var headers: HTTPFields

    /// Makes a failure.
    public init(
        _ status: HTTPResponse.Status,
        _ code: String,
        _ error: String,
        message: String? = nil,
        details: JSONObject = [:],
        headers: HTTPFields = [:]
    ) {
        self.status = status
        self.code = code
        self.error = error
        self.message = message
        self.details = details
        self.headers = headers
    }

    /// The failure as an answer.
    public var response: Response {
        Response(status: status, headers: headers) { json in
            json.beginObject()
            json.field("error", error)
            json.field("code", code)
            if let message, message != error { json.field("message", message) }
            for (name, value) in details { json.field(name, value) }
            json.endObject()
        }
    }

    /// The failure as it is answered; the request does not matter.
    public func response(from request: Request, context: some RequestContext) -> Response { response }
}

extension HTTPFailure {
    /// A 429 whose `Retry-After` is in whole seconds, at least one.
    ///
    /// - Parameter wait: When to try again.
    /// - Parameter retryAfter: The body's `retry_after`, which says the same in the caller's form.
    public static func rateLimited(
        _ error: String,
        message: String? = nil,
        wait: Duration,
        retryAfter: (Int64) -> JSONValue = { .int($0) }
    ) -> HTTPFailure {
        let seconds = wait.wholeSecondsRoundedUp
        return HTTPFailure(
            .tooManyRequests, ChatError.Code.rateLimited.description, error, message: message,
            details: ["retry_after": retryAfter(seconds)], headers: [.retryAfter: String(seconds)])
    }
}

extension Duration {
    /// The duration in seconds as headers want it: rounded up, at least 1.
    public var wholeSecondsRoundedUp: Int64 {
        let (seconds, attoseconds) = components
        return max(1, attoseconds > 0 && seconds < .max ? seconds + 1 : seconds)
    }
}
