import PluginAPI

/// Text as PostgreSQL can keep it. The one character that it cannot keep is U+0000, in `text` and in `jsonb` alike, and
/// bodies are promised to come back byte for byte.
///
/// U+0000 is stored as U+10FFFD followed by `0`, and U+10FFFD itself, the last private character of all, as U+10FFFD
/// twice. A lone one, which another program may have written, is read as it is.
enum StorableText {
    private static let mark: Unicode.Scalar = "\u{10FFFD}"
    /// The mark in UTF-8.
    private static let markBytes: [UInt8] = [0xF4, 0x8F, 0xBF, 0xBD]

    /// The text to store; nearly always the given one.
    static func encode(_ text: String) -> String {
        guard mustEncode(text) else { return text }
        var encoded = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\0": encoded.append(contentsOf: [mark, "0"])
            case mark: encoded.append(contentsOf: [mark, mark])
            default: encoded.append(scalar)
            }
        }
        return String(encoded)
    }

    /// The text that was given; nearly always the stored one.
    static func decode(_ text: String) -> String {
        guard holdsMark(text) else { return text }
        var decoded = String.UnicodeScalarView()
        var isMarked = false
        for scalar in text.unicodeScalars {
            switch (isMarked, scalar) {
            case (false, mark):
                isMarked = true
                continue
            case (true, "0"): decoded.append("\0")
            case (true, mark): decoded.append(mark)
            case (true, _): decoded.append(contentsOf: [mark, scalar])
            case (false, _): decoded.append(scalar)
            }
            isMarked = false
        }
        if isMarked { decoded.append(mark) }
        return String(decoded)
    }

    /// The object's text to store as `jsonb`.
    static func encode(_ object: JSONObject) -> String {
        if object.isEmpty { return "{}" }
        let text = object.description
        // JSON writes U+0000 as an escape, and anything else that looks like one is no reason to fail.
        guard text.contains("\\u0000") || holdsMark(text) else { return text }
        return JSONValue.object(object).mapStrings { encode($0) }.description
    }

    /// The text of an object to store as `jsonb`; nearly always the given one. What is no object stays as it is.
    static func encodedJSON(_ text: String) -> String {
        guard text.contains("\\u0000") || mustEncode(text), let object = try? JSONValue(parsing: text.utf8).objectValue
        else { return text }
        return encode(object)
    }

    /// The object that was given.
    static func decode(_ object: JSONObject) -> JSONObject {
        JSONValue.object(object).mapStrings(decode).objectValue ?? object
    }

    /// Whether the text could differ from what was given.
    static func holdsMark(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { holdsMark($0) }
    }

    /// The same for text as it came.
    static func holdsMark(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var rest = bytes[...]
        while let place = rest.firstIndex(of: markBytes[0]) {
            if rest[place...].starts(with: markBytes) { return true }
            rest = rest[(place + 1)...]
        }
        return false
    }

    private static func mustEncode(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { $0.contains(0) || holdsMark($0) }
    }
}

extension JSONValue {
    /// The value with each key and string replaced.
    fileprivate func mapStrings(_ change: (String) -> String) -> JSONValue {
        switch self {
        case .null, .bool, .int, .double: self
        case .string(let text): .string(change(text))
        case .array(let values): .array(values.map { $0.mapStrings(change) })
        case .object(let members):
            .object(JSONObject(members.map { (change($0.key), $0.value.mapStrings(change)) }))
        }
    }
}

extension SQLValue {
    /// Text that may hold any character.
    static func stored(_ text: String) -> SQLValue { .text(StorableText.encode(text)) }

    /// An object whose strings may hold any character.
    static func stored(_ object: JSONObject) -> SQLValue { .text(StorableText.encode(object)) }
}

extension SQLRow {
    /// What ``SQLValue/stored(_:)`` bound.
    func storedText(_ column: CInt) -> String {
        let bytes = bytes(column)
        let text = String(decoding: bytes, as: UTF8.self)
        return StorableText.holdsMark(bytes) ? StorableText.decode(text) : text
    }

    /// What ``SQLValue/stored(_:)`` bound.
    func storedObject(_ column: CInt) throws -> JSONObject {
        let object = try object(column)
        return StorableText.holdsMark(bytes(column)) ? StorableText.decode(object) : object
    }
}
