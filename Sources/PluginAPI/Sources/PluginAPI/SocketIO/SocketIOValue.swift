/// An argument of a Socket.IO event: JSON that may hold binary data (Socket.IO protocol 5).
///
/// A subtree without binary data is always one ``json(_:)``.
public indirect enum SocketIOValue: Sendable, Hashable {
    /// A value without binary parts.
    case json(JSONValue)
    /// Bytes, sent as an attachment.
    case binary(ByteBuffer)
    /// An array that holds binary parts somewhere.
    case array([SocketIOValue])
    /// An object that holds binary parts somewhere; the order of its fields is kept.
    case object([SocketIOField])
}

/// A member of an object that holds binary data somewhere.
public struct SocketIOField: Sendable, Hashable {
    /// The field's name.
    public var name: String
    /// The field's value.
    public var value: SocketIOValue

    /// Makes a field.
    public init(name: String, value: SocketIOValue) {
        self.name = name
        self.value = value
    }
}

extension SocketIOValue {
    /// The value as JSON; nil if it holds binary data.
    public var json: JSONValue? {
        if case .json(let value) = self { value } else { nil }
    }
}
