/// Why and where a text is not acceptable JSON.
public struct JSONError: Error, Sendable, Hashable {
    /// The byte, counted from 0, at which the text went wrong.
    public let offset: Int

    /// What was wrong there.
    public let reason: Reason

    /// Makes an error.
    public init(offset: Int, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }

    /// A kind of mistake; the set may grow.
    public struct Reason: Sendable, Hashable {
        private enum Base: String {
            case unexpectedCharacter = "unexpected character"
            case unexpectedEnd = "unexpected end"
            case trailingData = "data after the value"
            case invalidNumber = "invalid number"
            case numberOutOfRange = "number out of range"
            case invalidUTF8 = "invalid UTF-8"
            case invalidEscape = "invalid escape"
            case loneSurrogate = "lone surrogate"
            case controlCharacter = "control character in string"
            case tooDeep = "nesting too deep"
            case tooManyValues = "too many values"
        }

        private let base: Base

        private init(_ base: Base) { self.base = base }

        /// A byte that no JSON text can have at this place.
        public static let unexpectedCharacter = Reason(.unexpectedCharacter)
        /// The text stops before its value does.
        public static let unexpectedEnd = Reason(.unexpectedEnd)
        /// Something other than white space follows the value.
        public static let trailingData = Reason(.trailingData)
        /// A leading zero, or a sign, point or exponent without digits.
        public static let invalidNumber = Reason(.invalidNumber)
        /// A number beyond the range of a double.
        public static let numberOutOfRange = Reason(.numberOutOfRange)
        /// A string whose bytes are not UTF-8; the offset is that of its opening quote.
        public static let invalidUTF8 = Reason(.invalidUTF8)
        /// A backslash followed by what RFC 8259 section 7 does not list.
        public static let invalidEscape = Reason(.invalidEscape)
        /// Half of a `\u` surrogate pair.
        public static let loneSurrogate = Reason(.loneSurrogate)
        /// A byte below 0x20 inside a string.
        public static let controlCharacter = Reason(.controlCharacter)
        /// More nested containers than ``JSONLimits/maxDepth``.
        public static let tooDeep = Reason(.tooDeep)
        /// More values than ``JSONLimits/maxNodes``.
        public static let tooManyValues = Reason(.tooManyValues)

        fileprivate var text: String { base.rawValue }
    }
}

extension JSONError: CustomStringConvertible {
    /// One short phrase, such as "unexpected character at byte 12"; safe to send to a client.
    public var description: String { "\(reason) at byte \(offset)" }
}

extension JSONError.Reason: CustomStringConvertible {
    /// The kind of mistake in words.
    public var description: String { text }
}
