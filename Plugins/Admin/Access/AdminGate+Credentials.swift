import HTTPTypes
import PluginAPI

extension HTTPField.Name {
    // Literals that are valid names; they cannot fail at run time.
    static let appID = HTTPField.Name.constant("X-App-ID")
    static let apiKey = HTTPField.Name.constant("X-API-Key")
}

extension AdminGate {
    /// Finds who makes a request (`http.md` 9.1): by access token, or where that is switched on by the app's client
    /// key in headers (second generation) or in the query (first). Throws ``HTTPFailure``.
    func principal(of request: Request) async throws -> AdminPrincipal {
        if let authorization = request.headers[.authorization] {
            return try await principal(authorization: authorization)
        }
        if access.acceptsClientKeys {
            if let principal = try await principal(headers: request.headers) { return principal }
            if let principal = try await principal(query: request.uri.query) { return principal }
        }
        throw Self.unauthorized("MISSING_AUTH_HEADER", "Authorization header is required")
    }

    private func principal(authorization: String) async throws -> AdminPrincipal {
        let parts = authorization.split(separator: " ")
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw Self.unauthorized("INVALID_AUTH_FORMAT", "Authorization must be: Bearer <token>")
        }
        do {
            return try await access.principal(bearer: String(parts[1]))
        } catch AdminRefusal.expired {
            throw Self.unauthorized("TOKEN_EXPIRED", "Token expired")
        } catch AdminRefusal.invalid {
            throw Self.unauthorized("INVALID_TOKEN", "Invalid token")
        }
    }

    /// Nil when neither header is there.
    private func principal(headers: HTTPFields) async throws -> AdminPrincipal? {
        let app = headers[.appID] ?? ""
        let key = headers[.apiKey] ?? ""
        if app.isEmpty, key.isEmpty { return nil }
        guard !app.isEmpty, !key.isEmpty else {
            throw Self.unauthorized("MISSING_AUTH_HEADERS", "X-App-ID and X-API-Key headers are required")
        }
        return try await principal(app: app, clientKey: key)
    }

    /// Nil when neither parameter is there.
    private func principal(query: String?) async throws -> AdminPrincipal? {
        let query = try QueryParameters(query)
        let app = query["app_id"] ?? ""
        let key = query["api_key"] ?? ""
        if app.isEmpty, key.isEmpty { return nil }
        guard !app.isEmpty, !key.isEmpty else {
            throw HTTPFailure(.badRequest, "MISSING_PARAMS", "app_id and api_key are required")
        }
        return try await principal(app: app, clientKey: key)
    }

    private func principal(app: String, clientKey key: String) async throws -> AdminPrincipal {
        do {
            return try await access.principal(app: AppID(app), clientKey: key)
        } catch is AdminRefusal {
            throw HTTPFailure(.forbidden, "INVALID_CREDENTIALS", "Invalid credentials")
        }
    }

    private static func unauthorized(_ code: String, _ error: String) -> HTTPFailure {
        HTTPFailure(.unauthorized, code, error, headers: [.wwwAuthenticate: "Bearer"])
    }
}
