import HTTPTypes

extension HTTPField.Name {
    // Literals that are valid names; they cannot fail at run time.
    static let appID = HTTPField.Name.constant("X-App-Id")
    static let deviceID = HTTPField.Name.constant("X-Device-Id")
    static let apiKey = HTTPField.Name.constant("X-Api-Key")
    static let deviceSecret = HTTPField.Name.constant("X-Device-Secret")
    static let userToken = HTTPField.Name.constant("X-User-Token")

    static let rateLimitPolicy = HTTPField.Name.constant("RateLimit-Policy")
    static let rateLimitLimit = HTTPField.Name.constant("RateLimit-Limit")
    static let rateLimitRemaining = HTTPField.Name.constant("RateLimit-Remaining")
    static let rateLimitReset = HTTPField.Name.constant("RateLimit-Reset")
}
