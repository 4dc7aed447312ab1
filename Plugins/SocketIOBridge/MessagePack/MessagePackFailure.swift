/// Why bytes are not taken as MessagePack.
enum MessagePackFailure: Error, Hashable, CustomStringConvertible {
    /// They end in the middle of a value, or announce more than there is.
    case truncated
    /// Something stands behind the value.
    case trailingBytes
    case tooDeep
    case tooManyValues
    /// A text is not UTF-8.
    case invalidText
    /// A map's key is neither a text nor a number.
    case invalidKey
    /// Bytes, which no event of the product has.
    case binary
    /// An extension, or the one byte that means nothing.
    case unsupported

    var description: String {
        switch self {
        case .truncated: "MessagePack that ends in the middle of a value"
        case .trailingBytes: "more than one MessagePack value"
        case .tooDeep: "MessagePack that is nested too deeply"
        case .tooManyValues: "MessagePack of too many values"
        case .invalidText: "text that is not UTF-8"
        case .invalidKey: "a map with keys that are no texts"
        case .binary: "binary data, which the sockets are never sent"
        case .unsupported: "a kind of value that JSON has not"
        }
    }
}

/// What a MessagePack value may cost before it is refused.
struct MessagePackLimits: Sendable {
    /// How many arrays and maps may lie inside one another.
    var depth = 32
    /// How many values there may be, containers and leaves.
    var values = 100_000
}
