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
    func check(_ headers: HTTPFields, from address: String) throws(HTTPFailure) {
        if opensToLoopback, Self.isLoopback(address) { return }
        guard let token else {
            throw HTTPFailure(.forbidden, "FORBIDDEN", "Metrics cannot be read from here")
        }
        guard let given = Self.bearer(headers), constantTimeEqual(given.utf8, token.reveal().utf8) else {
            throw HTTPFailure(
                .unauthorized, "INVALID_TOKEN", "A valid token is required", headers: [.wwwAuthenticate: "Bearer"])
        }
    }

    private static func isLoopback(_ address: String) -> Bool {
        address == "::1" || address.hasPrefix("127.")
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
