import PluginAPI

/// Makes access tokens as the log-in does, and broken ones.
enum TokenMaker {
    static let secret = "0123456789abcdef0123456789abcdef"
    static let now = Timestamp(milliseconds: 1_769_681_757_123)

    static func claims(expiresIn seconds: Int64 = 900) -> JSONObject {
        [
            "userId": "user-1", "appId": "app-1", "role": "AGENT", "email": "a@b.co",
            "iat": .int(now.milliseconds / 1_000), "exp": .int(now.milliseconds / 1_000 + seconds),
            "iss": "replyhq-api", "aud": "replyhq-admin",
        ]
    }

    static func claims(with name: String, _ value: JSONValue?) -> JSONObject {
        var claims = claims()
        claims[name] = value
        return claims
    }

    static func token(
        _ claims: JSONObject = claims(), header: JSONObject = ["alg": "HS256", "typ": "JWT"], secret: String = secret
    ) -> String {
        let signed = part(header) + "." + part(claims)
        return signed + "." + Base64URL.encode(Digest.hmacSHA256(key: secret.utf8, message: signed.utf8))
    }

    private static func part(_ object: JSONObject) -> String {
        Base64URL.encode(object.description.utf8)
    }
}
