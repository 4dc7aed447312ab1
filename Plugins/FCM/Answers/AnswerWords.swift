import PluginAPI

/// What an answer that is no success says of itself: Google's errors (`google.rpc.Status`), OAuth's (RFC 6749 section
/// 5.2), or else the beginning of its text, as a proxy on the way answers.
struct AnswerWords {
    /// How much of a text that is no JSON is looked at, and kept, in bytes.
    private static let (read, kept) = (4_096, 200)

    /// Nil: nothing.
    let text: String?

    init(_ body: [UInt8]) {
        guard let object = try? JSONValue(parsing: body).objectValue else {
            text = Self.beginning(of: body)
            return
        }
        let error = object["error"]
        let words =
            error?.stringValue.map { [$0, object["error_description"]?.stringValue] }
            ?? [error?["status"]?.stringValue, error?["message"]?.stringValue]
        let said = words.compactMap { $0 }.filter { !$0.isEmpty }
        text = said.isEmpty ? nil : said.joined(separator: ": ")
    }

    /// Without the tags of HTML, on one line.
    private static func beginning(of body: [UInt8]) -> String? {
        var plain = ""
        var isTag = false
        for character in String(decoding: body.prefix(read), as: UTF8.self) {
            switch character {
            case "<": isTag = true
            case ">" where isTag:
                isTag = false
                plain.append(" ")
            default: if !isTag { plain.append(character) }
            }
        }
        let line = plain.split { $0.isWhitespace || $0.unicodeScalars.allSatisfy { $0.value < 0x20 } }
            .joined(separator: " ")
        var short = ""
        for character in line where short.utf8.count + character.utf8.count <= kept { short.append(character) }
        return short.isEmpty ? nil : short
    }
}
