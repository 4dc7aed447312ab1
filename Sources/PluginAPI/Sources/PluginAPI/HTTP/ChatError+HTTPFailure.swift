extension ChatError {
    /// The error as HTTP says it (`http.md` 4): the one place where a code becomes a status.
    public var httpFailure: HTTPFailure {
        switch code {
        case .conversationNotFound, .messageNotFound, .appNotFound: failure(.notFound, reason)
        case .messageTooLong: failure(.badRequest, "Message too long")
        case .invalidPayload, .validation: validationFailure
        case .conflict: failure(.conflict, "Conflict")
        case .forbidden: failure(.forbidden, "Forbidden")
        case .invalidDeviceSecret: failure(.forbidden, "Invalid device secret")
        case .invalidUserToken: failure(.forbidden, "Invalid user token")
        case .rateLimited:
            .rateLimited("Rate limit exceeded", message: reason, wait: retryAfter ?? .seconds(1))
        case .unavailable: retryable(.serviceUnavailable, "Service unavailable")
        case .storageFull: retryable(Self.insufficientStorage, "Storage full")
        default:
            HTTPFailure(.internalServerError, Code.internalError.description, "Internal server error")
        }
    }

    /// RFC 4918 section 11.5; the standard list of statuses lacks it.
    private static let insufficientStorage = HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")

    private func failure(_ status: HTTPResponse.Status, _ error: String) -> HTTPFailure {
        HTTPFailure(status, code.description, error, message: reason)
    }

    private var validationFailure: HTTPFailure {
        HTTPFailure(.badRequest, Code.validation.description, "Invalid request body", message: reason)
    }

    private func retryable(_ status: HTTPResponse.Status, _ error: String) -> HTTPFailure {
        var failure = failure(status, error)
        failure.headers[.retryAfter] = String((retryAfter ?? .seconds(1)).wholeSecondsRoundedUp)
        return failure
    }
}

extension ChatError {
    /// How a request that failed by it is logged. Who cannot be reached or has no room is said by its plugin, once each
    /// way; a line for each request would bury that.
    public var logLevel: Logger.Level {
        code == .unavailable || code == .storageFull ? .debug : .error
    }
}
