import PluginAPI

/// What a text must be. Lengths count UTF-16 code units (`http.md` 5), unless bytes are said.
///
/// Every text has a bound. Messages and ``detail`` may hold U+0000, nothing else may.
enum TextRule {
    /// A message's text.
    case body
    /// Up to ``TextBounds/short`` units of anything.
    case detail
    /// The same for what names or identifies something.
    case short(minimum: Int)
    case pushToken
    case uuid
    case token
    case email

    static let identifier = short(minimum: 1)
    static let shortText = short(minimum: 0)

    /// What is wrong with a text; nil: nothing.
    func issue(of text: String, at path: [JSONValue]) -> ValidationIssue? {
        switch self {
        case .body: return Self.length(of: text, 1...Message.bodyLimit, at: path)
        case .detail: return Self.length(of: text, 0...TextBounds.short, at: path)
        case .short(let minimum):
            return Self.length(of: text, minimum...TextBounds.short, at: path) ?? Self.nul(in: text, at: path)
        case .pushToken:
            let bounds = TextBounds.pushTokenBytes
            if text.utf16Length < bounds.lowerBound { return .tooSmall(.string, minimum: bounds.lowerBound, at: path) }
            if text.utf8.count > bounds.upperBound {
                return .custom("A push token must not be longer than \(bounds.upperBound) bytes", at: path)
            }
            return Self.nul(in: text, at: path)
        case .uuid: return Self.isUUID(text) ? nil : .text("uuid", at: path)
        case .token: return Self.isToken(text) ? nil : .text("token", at: path)
        case .email:
            return Self.length(of: text, 0...TextBounds.short, at: path)
                ?? (EmailAddress.isValid(text) ? nil : .text("email", at: path))
        }
    }

    private static func length(of text: String, _ bounds: ClosedRange<Int>, at path: [JSONValue]) -> ValidationIssue? {
        let length = text.utf16Length
        if length < bounds.lowerBound { return .tooSmall(.string, minimum: bounds.lowerBound, at: path) }
        if length > bounds.upperBound { return .tooBig(.string, maximum: bounds.upperBound, at: path) }
        return nil
    }

    private static func nul(in text: String, at path: [JSONValue]) -> ValidationIssue? {
        text.holdsNUL ? .custom("Must not hold U+0000", at: path) : nil
    }

    /// Whether the text has a UUID's form, of any version and either case.
    static func isUUID(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.count == 36 else { return false }
        return bytes.enumerated().allSatisfy { place, byte in
            switch place {
            case 8, 13, 18, 23: byte == UInt8(ascii: "-")
            default: ASCII.isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
            }
        }
    }
}

extension TextRule {
    /// Whether the text looks like some other kind of generated id: 8…64 letters, digits and hyphens, a digit among them.
    static func isToken(_ text: String) -> Bool {
        let bytes = text.utf8
        return (8...64).contains(bytes.count) && bytes.contains(where: ASCII.isDigit)
            && bytes.allSatisfy { ASCII.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }
}

/// Classes of ASCII characters.
enum ASCII {
    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
    static func isLetterOrDigit(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }
}
