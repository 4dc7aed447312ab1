import PluginAPI

/// What Firebase's answer to a message means (`presence-and-push.md` 7).
enum FCMAnswer: Sendable, Equatable {
    /// Nothing is left to do here.
    case final(PushAnswer)
    /// The access token was not accepted.
    case unauthorized(String)
    /// Firebase is at fault, or is asked too often; the provider as a whole suffers.
    case trouble(PushAnswer)

    init(status: Int, body: [UInt8], retryAfter: Duration?) {
        let object = try? JSONValue(parsing: body).objectValue
        if (200..<300).contains(status) {
            self = .final(PushAnswer(.accepted, Self.short(object?["name"]?.stringValue ?? "HTTP \(status)")))
            return
        }
        let error = object?["error"]
        let details = error?["details"]?.arrayValue ?? []
        let code = details.lazy.compactMap { $0["errorCode"]?.stringValue }.first ?? error?["status"]?.stringValue
        let words = error?["message"]?.stringValue ?? AnswerWords(body).text
        let detail = Self.short(["\(status)", code, words].compactMap { $0 }.joined(separator: " "))
        switch status {
        case 404 where code == "UNREGISTERED":
            self = .final(PushAnswer(.tokenIsDead, detail))
        case 400 where Self.namesToken(details):
            self = .final(PushAnswer(.tokenIsDead, detail))
        case 403 where code == "SENDER_ID_MISMATCH":
            self = .final(PushAnswer(.tokenIsDead, detail))
        case 401 where code == "THIRD_PARTY_AUTH_ERROR":
            // Firebase's own way to Apple or a browser is not set up; our token is good.
            self = .final(PushAnswer(.refused, detail))
        case 401:
            self = .unauthorized(detail)
        case 403, 429, 500...:
            self = .trouble(PushAnswer(.tryAgain(after: retryAfter), detail))
        default:
            self = .final(PushAnswer(.refused, detail))
        }
    }

    /// Whether it is the token that is no argument.
    private static func namesToken(_ details: [JSONValue]) -> Bool {
        details.contains { detail in
            (detail["fieldViolations"]?.arrayValue ?? []).contains { $0["field"]?.stringValue == "message.token" }
        }
    }

    /// At most 500 bytes, on one line.
    static func short(_ text: String) -> String {
        // Nearly all are, and looking for the ends of lines takes longer than all else.
        let isPlain = text.utf8.withContiguousStorageIfAvailable { bytes in
            bytes.count <= 500 && bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        }
        if isPlain ?? false { return text }
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard line.utf8.count > 500 else { return line }
        var kept = ""
        for character in line where kept.utf8.count + character.utf8.count <= 497 { kept.append(character) }
        return kept + "…"
    }
}
