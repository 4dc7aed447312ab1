/// The parameters of a query, decoded, each at most once (`http.md` 4).
public struct QueryParameters: Sendable {
    /// More than this many parameters are refused.
    public static let limit = 32

    private var parameters: [(name: String, value: String)] = []

    /// Reads the part of a URI after the question mark. Throws ``HTTPFailure`` 400 `VALIDATION_ERROR` for a parameter
    /// that comes twice, for too many, and for broken percent encoding.
    public init(_ query: String?) throws(HTTPFailure) {
        guard let query, !query.isEmpty else { return }
        for pair in query.split(separator: "&") {
            let equals = pair.firstIndex(of: "=") ?? pair.endIndex
            guard let name = PercentEncoding.decode(pair[..<equals], plusIsSpace: true),
                let value = PercentEncoding.decode(pair[equals...].dropFirst(), plusIsSpace: true)
            else { throw Self.failure("Broken percent encoding") }
            guard self[name] == nil else { throw Self.failure("Parameter \(name) is given more than once") }
            guard parameters.count < Self.limit else { throw Self.failure("Too many parameters") }
            parameters.append((name, value))
        }
    }

    /// The value of a parameter; nil when it is not there.
    public subscript(name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    /// A 400 about a query.
    public static func failure(_ message: String) -> HTTPFailure {
        HTTPFailure(
            .badRequest, ChatError.Code.validation.description, "Invalid query parameters", message: message)
    }
}

extension QueryParameters {
    /// A number read like JavaScript's `parseInt`: leading white space, a sign, and as many digits as there are; the
    /// rest is ignored, and what is too large counts as the largest. Nil when the parameter is missing or empty.
    ///
    /// Throws ``HTTPFailure`` when there is no digit.
    public func integer(_ name: String) throws(HTTPFailure) -> Int64? {
        guard let text = self[name], !text.isEmpty else { return nil }
        guard let value = Self.leadingInteger(of: text) else {
            throw Self.failure("\(name) must be a number")
        }
        return value
    }

    /// An instant as epoch milliseconds, or as ISO 8601 text. Nil when the parameter is missing, empty, 0 or neither
    /// of the two.
    public func instant(_ name: String) -> Timestamp? {
        guard let text = self[name] else { return nil }
        // A "+" of the offset that was not encoded has become a space.
        if let instant = Timestamp(iso8601: text) ?? Timestamp(iso8601: text.replacing(" ", with: "+")) {
            return instant
        }
        guard let milliseconds = Self.leadingInteger(of: text), milliseconds != 0 else { return nil }
        return Timestamp(milliseconds: milliseconds)
    }

    static func leadingInteger(of text: String) -> Int64? {
        var rest = text.utf8.drop { $0 == UInt8(ascii: " ") || (0x09...0x0D).contains($0) }
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard !digits.isEmpty else { return nil }
        return Int64((isNegative ? "-" : "") + String(Substring(digits))) ?? (isNegative ? .min : .max)
    }
}
