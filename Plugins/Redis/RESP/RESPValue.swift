import PluginAPI

/// What a server says: one value of the protocol RESP2 (redis.io/docs/reference/protocol-spec).
enum RESPValue: Sendable, Hashable {
    /// A line that says how it went, such as `OK`.
    case status(String)
    /// A refusal: a word in capitals, then a sentence.
    case error(String)
    case integer(Int64)
    /// Bytes.
    case bulk(ByteBuffer)
    case array([RESPValue])
    case null
}

extension RESPValue {
    /// The text of a status or of bytes; wrong UTF-8 is repaired.
    var text: String? {
        switch self {
        case .status(let text): text
        case .bulk(let bytes): String(buffer: bytes)
        case .error, .integer, .array, .null: nil
        }
    }

    var integer: Int64? { if case .integer(let value) = self { value } else { nil } }

    var items: [RESPValue]? { if case .array(let items) = self { items } else { nil } }

    /// The refusal, if it is one.
    var refusal: RedisFailure? {
        if case .error(let message) = self { RedisFailure(refusal: message) } else { nil }
    }
}

/// The most that one reply may hold. A server that says more is not one that can be talked to.
struct RESPLimits: Sendable {
    /// Bytes from the first of a reply to its last, as they come over the wire.
    var replyByteCount = 64 << 20
    /// Values in a reply, over all depths; depth itself is bounded by hiredis' reader, to 7.
    var valueCount = 1 << 20
    /// Bytes of a line: of a status, an error, a number, or a length.
    var lineByteCount = 64 << 10
}
