/// Percent encoding as URIs carry it (RFC 3986 section 2.1).
public enum PercentEncoding {
    /// Why there is no text.
    public enum Failure: Error {
        /// A percent sign without two hexadecimal digits.
        case brokenEscape
        /// The bytes are not UTF-8, or hold U+0000.
        case notText
    }

    /// The text without its encoding; nil for a broken escape, for bytes that are not UTF-8, and for U+0000, which no
    /// id and no name has.
    ///
    /// - Parameter plusIsSpace: In queries a plus sign stands for a space; in paths it does not.
    public static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        try? decoded(text, plusIsSpace: plusIsSpace)
    }

    /// The same, and why not. Bytes are never mended: two that differ must not become one id.
    public static func decoded(
        _ text: some StringProtocol, plusIsSpace: Bool = false
    ) throws(Failure) -> String {
        let percent = UInt8(ascii: "%")
        let plus = UInt8(ascii: "+")
        guard text.utf8.contains(where: { $0 == percent || (plusIsSpace && $0 == plus) }) else { return String(text) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            if byte == percent {
                guard let first = rest.next().flatMap(Hex.value(of:)),
                    let second = rest.next().flatMap(Hex.value(of:))
                else { throw .brokenEscape }
                bytes.append(first << 4 | second)
            } else {
                bytes.append(plusIsSpace && byte == plus ? UInt8(ascii: " ") : byte)
            }
        }
        guard !bytes.contains(0), let decoded = String(validating: bytes, as: UTF8.self) else { throw .notText }
        return decoded
    }
}

extension RequestContext {
    /// A part of the path, decoded; empty when it is not there or its encoding is broken, and so the id of nothing.
    public func pathParameter(_ name: String) -> String {
        parameters[name[...]].flatMap { PercentEncoding.decode($0) } ?? ""
    }
}
