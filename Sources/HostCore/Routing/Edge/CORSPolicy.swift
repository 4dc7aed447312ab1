import HTTPTypes
import PluginAPI

/// Which pages of other origins may call (`http.md` 8; Fetch standard, "CORS protocol").
struct CORSPolicy: Sendable {
    var origins = CORSOrigins.only(["http://localhost:3000", "http://localhost:5173"])
    /// Paths under these prefixes may be called from everywhere.
    var openPrefixes: [String] = []

    enum Verdict: Equatable {
        /// Not a request of a page.
        case unconcerned
        /// A page of this origin, with the browser's credentials.
        case allowed(origin: String)
        /// A page of any origin, without credentials.
        case open
        case rejected
    }

    /// A page may always call the host that it came from.
    func verdict(origin: String?, host: String?, path: String) -> Verdict {
        guard let origin else { return .unconcerned }
        if origins.contains(origin) || isSame(origin, host) { return .allowed(origin: origin) }
        return origins == .any || isOpen(path) ? .open : .rejected
    }

    private func isSame(_ origin: String, _ host: String?) -> Bool {
        guard let host, let separator = origin.firstRange(of: "://") else { return false }
        return origin[separator.upperBound...].lowercased() == host.lowercased()
    }

    private func isOpen(_ path: String) -> Bool {
        openPrefixes.contains { prefix in
            path.utf8.starts(with: prefix.utf8)
                && (path.utf8.count == prefix.utf8.count || path.utf8.dropFirst(prefix.utf8.count).first == 47)
        }
    }
}

/// The header fields of CORS, made once.
enum CORSFields {
    static func allowed(_ origin: String) -> [HTTPField] {
        [HTTPField(name: .accessControlAllowOrigin, value: origin), credentials, exposed]
    }

    /// For whoever it is: never together with credentials, or every page could act as its visitor.
    static let open = [HTTPField(name: .accessControlAllowOrigin, value: "*"), exposed]

    static let vary = HTTPField(name: .vary, value: "Origin")

    /// What a preflight hears besides.
    static let preflight: [HTTPField] = [
        HTTPField(name: .accessControlAllowMethods, value: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
        HTTPField(
            name: .accessControlAllowHeaders,
            value: "Content-Type, Authorization, X-App-Id, X-Device-Id, X-Api-Key, X-Master-API-Key, "
                + "X-Device-Secret, X-User-Token, X-SDK-Version, X-Request-Id, Traceparent"),
        HTTPField(name: .accessControlMaxAge, value: "600"),
    ]

    private static let credentials = HTTPField(name: .accessControlAllowCredentials, value: "true")
    private static let exposed = HTTPField(
        name: .accessControlExposeHeaders,
        value: "RateLimit-Policy, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id")
}
