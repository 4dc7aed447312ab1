import HTTPTypes

extension HTTPField.Name {
    // Literals that are valid names; they cannot fail at run time.
    static let appID = HTTPField.Name("X-App-Id")!
    static let deviceID = HTTPField.Name("X-Device-Id")!
    static let apiKey = HTTPField.Name("X-Api-Key")!

    static let rateLimitPolicy = HTTPField.Name("RateLimit-Policy")!
    static let rateLimitLimit = HTTPField.Name("RateLimit-Limit")!
    static let rateLimitRemaining = HTTPField.Name("RateLimit-Remaining")!
    static let rateLimitReset = HTTPField.Name("RateLimit-Reset")!
}
