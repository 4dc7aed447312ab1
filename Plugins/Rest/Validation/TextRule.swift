import PluginAPI

/// What a text must be. Lengths count UTF-16 code units (`http.md` 5).
enum TextRule {
    case any
    case length(ClosedRange<Int>)
    case uuid
    case token
    case email

    static let nonEmpty = length(1 ... .max)
    static let identifier = length(1...255)
    static let shortText = length(0...255)

    /// What is wrong with a text; nil: nothing.
    func issue(of text: String, at path: [JSONValue]) -> ValidationIssue? {
        switch self {
        case .any: return nil
        case .length(let bounds):
            let length = text.utf16Length
            if length < bounds.lowerBound { return .tooSmall(.string, minimum: bounds.lowerBound, at: path) }
            if length > bounds.upperBound { return .tooBig(.string, maximum: bounds.upperBound, at: path) }
            return nil
        case .uuid: return Self.isUUID(text) ? nil : .text("uuid", at: path)
        case .token: return Self.isToken(text) ? nil : .text("token", at: path)
        case .email: return EmailAddress.isValid(text) ? nil : .text("email", at: path)
        }
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
