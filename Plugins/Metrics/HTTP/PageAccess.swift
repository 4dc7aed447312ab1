import HTTPTypes
import PluginAPI

/// Who may read the page. It tells nobody's messages, but how much is going on.
struct PageAccess: Sendable {
    let token: Secret?
    let opensToLoopback: Bool

    /// Nobody can be let in.
    var isClosed: Bool { token == nil && !opensToLoopback }

    /// - Parameter address: the client's, in text; what a trusted proxy says it is.
    /// - Throws: `HTTPFailure` 401 where a token would help, 403 where none would.
    func check(_ request: HTTPRequest, from address: String) throws(HTTPFailure) {
        if opensToLoopback, Self.isLoopback(address), Self.isDirect(request) { return }
        guard let token else {
            throw HTTPFailure(.forbidden, "FORBIDDEN", "Metrics cannot be read from here")
        }
        guard let given = Self.bearer(request.headerFields), constantTimeEqual(given.utf8, token.reveal().utf8) else {
            throw HTTPFailure(
                .unauthorized, "INVALID_TOKEN", "A valid token is required", headers: [.wwwAuthenticate: "Bearer"])
        }
    }

    private static func isLoopback(_ address: String) -> Bool {
        guard let parsed = try? SocketAddress(ipAddress: address, port: 0) else { return false }
        return address == "::1" || (parsed.protocol == .inet && address.hasPrefix("127."))
    }

    private static let forwarding = ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"]
        .compactMap { HTTPField.Name($0) }

    /// Whether a reader on this machine asks itself, as far as can be seen: a proxy that is not in `trusted_proxies`
    /// comes from here too. Most say so, and pass on the name that was asked for.
    private static func isDirect(_ request: HTTPRequest) -> Bool {
        guard !forwarding.contains(where: { request.headerFields.contains($0) }) else { return false }
        guard let authority = request.authority, !authority.isEmpty else { return true }
        let isBracketed = authority.first == "["
        let host = isBracketed ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        return host.lowercased() == "localhost" || isLoopback(String(host))
    }

    /// The token of the only such field (RFC 6750, section 2.1).
    private static func bearer(_ headers: HTTPFields) -> Substring? {
        let fields = headers[values: .authorization]
        guard fields.count == 1, let field = fields.first, let space = field.firstIndex(of: " "),
            field[..<space].lowercased() == "bearer"
        else { return nil }
        return field[space...].drop { $0 == " " }
    }
}
