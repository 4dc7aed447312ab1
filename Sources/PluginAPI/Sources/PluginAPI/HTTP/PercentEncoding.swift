/// Percent encoding as URIs carry it (RFC 3986 section 2.1).
public enum PercentEncoding {
    /// The text without its encoding; nil for a broken escape or for bytes that are not UTF-8.
    ///
    /// - Parameter plusIsSpace: In queries a plus sign stands for a space; in paths it does not.
    public static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
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
                else { return nil }
                bytes.append(first << 4 | second)
            } else {
                bytes.append(plusIsSpace && byte == plus ? UInt8(ascii: " ") : byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension RequestContext {
    /// A part of the path, decoded; empty when it is not there or its encoding is broken, and so the id of nothing.
    public func pathParameter(_ name: String) -> String {
        parameters[name[...]].flatMap { PercentEncoding.decode($0) } ?? ""
    }
}
