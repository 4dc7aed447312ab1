/// Reads one JSON text, strictly by RFC 8259.
///
/// Recursion goes no deeper than the limits allow, and nothing a peer sends can trap: each mistake is a ``JSONError``.
struct JSONParser {
    let bytes: UnsafeRawBufferPointer
    let limits: JSONLimits
    var position = 0
    private var nodes = 0
    /// Where strings with escapes are put together; kept so that only the first of them allocates.
    var unescaped: [UInt8] = []

    private init(bytes: UnsafeRawBufferPointer, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// Reads the whole of `bytes`. A result instead of an error thrown, so that it passes through `rethrows` closures.
    static func parse(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits) -> Result<JSONValue, JSONError> {
        var parser = JSONParser(bytes: bytes, limits: limits)
        // RFC 8259 section 8.1: a byte order mark may be ignored. Some clients write one.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.position = 3 }
        do throws(JSONError) {
            let value = try parser.value(depth: 0)
            parser.skipWhiteSpace()
            guard parser.position == bytes.count else { throw parser.error(.trailingData) }
            return .success(value)
        } catch {
            return .failure(error)
        }
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipWhiteSpace()
        let byte = try peek()
        nodes += 1
        guard nodes <= limits.maxNodes else { throw error(.tooManyValues) }
        switch byte {
        case JSONText.quote: return .string(try string())
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw error(.unexpectedCharacter)
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        guard depth <= limits.maxDepth else { throw error(.tooDeep) }
        position += 1
        var elements: [JSONValue] = []
        skipWhiteSpace()
        if try take(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try value(depth: depth))
            skipWhiteSpace()
            if try take(UInt8(ascii: "]")) { return elements }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        guard depth <= limits.maxDepth else { throw error(.tooDeep) }
        position += 1
        var members = JSONObject()
        skipWhiteSpace()
        if try take(UInt8(ascii: "}")) { return members }
        while true {
            skipWhiteSpace()
            guard try peek() == JSONText.quote else { throw error(.unexpectedCharacter) }
            let key = try string()
            skipWhiteSpace()
            try expect(UInt8(ascii: ":"))
            members.set(key, try value(depth: depth))
            skipWhiteSpace()
            if try take(UInt8(ascii: "}")) { return members }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for offset in 0..<word.utf8CodeUnitCount { try expect(word.utf8Start[offset]) }
        return value
    }
}

extension JSONParser {
    func error(_ reason: JSONError.Reason) -> JSONError {
        JSONError(offset: position, reason: reason)
    }

    func peek() throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw error(.unexpectedEnd) }
        return bytes[position]
    }

    /// Steps over `byte` if it is next.
    mutating func take(_ byte: UInt8) throws(JSONError) -> Bool {
        guard try peek() == byte else { return false }
        position += 1
        return true
    }

    mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard try take(byte) else { throw error(.unexpectedCharacter) }
    }

    mutating func skipWhiteSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }
}
