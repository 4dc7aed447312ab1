import PluginAPI

/// What a token endpoint answered (RFC 6749 sections 5.1 and 5.2).
enum TokenAnswer: Sendable, Equatable {
    case token(String, lifetime: Duration)
    case refused(String)

    private static let lifetimes: ClosedRange<Int64> = 1...86_400

    init(status: Int, body: [UInt8]) {
        let object = try? JSONValue(parsing: body).objectValue
        if status == 200, let token = object?["access_token"]?.stringValue, Self.isHeaderSafe(token) {
            let seconds = object?["expires_in"]?.intValue ?? 3_600
            let lifetime = min(max(seconds, Self.lifetimes.lowerBound), Self.lifetimes.upperBound)
            self = .token(token, lifetime: .seconds(lifetime))
        } else if status != 200, let words = AnswerWords(body).text {
            // OAuth's own errors begin with the word that documents name them by.
            let isOAuth = object?["error"]?.stringValue != nil
            self = .refused(FCMAnswer.short(isOAuth ? words : "HTTP \(status) \(words)"))
        } else {
            self = .refused("HTTP \(status) without a token")
        }
    }

    /// It is put into a header as it is.
    private static func isHeaderSafe(_ token: String) -> Bool {
        (1...4_096).contains(token.utf8.count) && token.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
