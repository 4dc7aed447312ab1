import PluginAPI

/// How an access token is asked for: a JSON Web Token that the account signs (RFC 7523 section 2.1).
struct TokenRequest: Sendable {
    private static let scope = "https://www.googleapis.com/auth/firebase.messaging"
    private static let grant = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
    /// The longest that is allowed.
    private static let lifetime: Int64 = 3_600

    let account: ServiceAccount

    /// The body of the request, `application/x-www-form-urlencoded`.
    func body(at now: Timestamp) throws(RSASigner.Failure) -> [UInt8] {
        Array("grant_type=\(Self.grant)&assertion=\(try assertion(at: now))".utf8)
    }

    /// The signed token: three parts of Base64URL, which need no escaping in a form.
    func assertion(at now: Timestamp) throws(RSASigner.Failure) -> String {
        let seconds = now.milliseconds / 1_000
        var header: JSONObject = ["alg": "RS256", "typ": "JWT"]
        header["kid"] = account.keyID.map { .string($0) }
        let claims: JSONObject = [
            "iss": .string(account.clientEmail),
            "scope": .string(Self.scope),
            "aud": .string(account.tokenURI),
            "iat": .int(seconds),
            "exp": .int(seconds + Self.lifetime),
        ]
        let signed = Self.encode(header) + "." + Self.encode(claims)
        return signed + "." + Base64URL.encode(try account.signer.sign(signed.utf8))
    }

    private static func encode(_ object: JSONObject) -> String { Base64URL.encode(Array(object.description.utf8)) }
}
