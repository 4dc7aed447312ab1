import HTTPTypes
import PluginAPI

/// Turns whatever a route or a middleware throws into the contract's error body (`http.md` 4). Nothing of an unforeseen
/// error reaches the client; the log has all of it.
struct ErrorAnswers: RouterMiddleware {
    typealias Context = HTTPContext

    func handle(
        _ request: Request,
        context: HTTPContext,
        next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return Self.answer(to: error, context.logger)
        }
    }

    static func answer(to error: any Error, _ logger: Logger) -> Response {
        switch error {
        case let failure as HTTPFailure: return failure.response
        case let error as ChatError:
            let response = error.httpFailure.response
            if response.status.code >= 500 { log(error, logger, at: error.logLevel) }
            return response
        case let error as HTTPError:
            return .error(
                error.status, code: code(of: error.status), sentence(of: error.status), message: error.body,
                headers: error.headers)
        case let error as any HTTPResponseError:
            if error.status.code >= 500 { log(error, logger) }
            return .error(error.status, code: code(of: error.status), sentence(of: error.status))
        case is CancellationError:
            return .error(.serviceUnavailable, code: "SERVICE_UNAVAILABLE", "Service unavailable")
        default:
            log(error, logger)
            return .error(.internalServerError, code: "INTERNAL_ERROR", "Internal server error")
        }
    }

    private static func log(_ error: any Error, _ logger: Logger, at level: Logger.Level = .error) {
        logger.log(level: level, "a request failed", metadata: ["error": "\(String(reflecting: error))"])
    }

    /// The word for a status that came without one.
    private static func code(of status: HTTPResponse.Status) -> String {
        switch status.code {
        case 413: "PAYLOAD_TOO_LARGE"
        case 429: "RATE_LIMIT_EXCEEDED"
        case 500: "INTERNAL_ERROR"
        case 400: "INVALID_REQUEST"
        default: status.reasonPhrase.uppercased().replacing(" ", with: "_")
        }
    }

    private static func sentence(of status: HTTPResponse.Status) -> String {
        let words = status.reasonPhrase
        return words.isEmpty ? "Error \(status.code)" : String(words.prefix(1)) + words.dropFirst().lowercased()
    }
}
