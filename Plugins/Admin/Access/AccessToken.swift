import PluginAPI

/// The parts of a JSON Web Token in compact form (RFC 7519, RFC 7515 section 7.1), not believed yet.
struct AccessToken {
    /// Longer texts are no tokens of ours.
    static let maxLength = 4096

    static let issuer = "replyhq-api"
    static let audience = "replyhq-admin"

    private let signed: Substring
    private let header: JSONObject
    private let claims: JSONObject
    private let signature: [UInt8]

    /// Nil for text that has not the form of a token.
    init?(_ text: String) {
        guard text.utf8.count <= Self.maxLength else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { return nil }
        signed = text[..<parts[1].endIndex]
        self.header = header
        self.claims = claims
        self.signature = signature
    }

    /// Whether a text is meant as a token: it has two dots, which no client key has.
    static func isMeant(by text: String) -> Bool {
        text.utf8.reduce(0) { $1 == UInt8(ascii: ".") ? $0 + 1 : $0 } == 2
    }

    /// Checks signature, algorithm, issuer, audience and times, and believes the claims. Throws ``AdminRefusal``.
    ///
    /// The algorithm is not the token's to choose: anything but HS256 is refused before a key is used.
    func principal(secret: some Sequence<UInt8>, at now: Timestamp) throws(AdminRefusal) -> AdminPrincipal {
        guard header["alg"]?.stringValue == "HS256", header["crit"] == nil,
            constantTimeEqual(signature, Digest.hmacSHA256(key: secret, message: signed.utf8)),
            claims["iss"]?.stringValue == Self.issuer, isForUs,
            let app = claims["appId"]?.stringValue, AppID(app).isWellFormed,
            let user = claims["userId"]?.stringValue, !user.isEmpty,
            let role = claims["role"]?.stringValue,
            let expiry = claims["exp"].flatMap(Self.instant)
        else { throw .invalid }
        if let start = claims.present("nbf") {
            guard let start = Self.instant(start), start <= now else { throw .invalid }
        }
        guard now < expiry else { throw .expired }
        return AdminPrincipal(
            app: AppID(app), userID: user, email: claims["email"]?.stringValue, role: role,
            permissions: Role.permissions(of: role), expiresAt: expiry)
    }

    /// The audience is one name or a list of them (RFC 7519 section 4.1.3).
    private var isForUs: Bool {
        switch claims["aud"] {
        case .string(let name): name == Self.audience
        case .array(let names): names.contains(.string(Self.audience))
        default: false
        }
    }

    /// Seconds since the epoch, with or without a fraction (RFC 7519 section 2).
    private static func instant(_ value: JSONValue) -> Timestamp? {
        guard let seconds = value.doubleValue, let milliseconds = Int64(exactly: (seconds * 1_000).rounded(.down))
        else { return nil }
        return Timestamp(milliseconds: milliseconds)
    }

    private static func object(_ part: Substring) -> JSONObject? {
        guard let bytes = Base64URL.decode(part), let value = try? JSONValue(parsing: bytes) else { return nil }
        return value.objectValue
    }
}
