/// An argument of a Socket.IO event: JSON that may hold binary data (Socket.IO protocol 5).
///
/// A subtree without binary data is always one ``json(_:)``.
public indirect enum SocketIOValue: Sendable, Hashable {
    case json(JSONValue)
    case binary(ByteBuffer)
    case array([SocketIOValue])
    case object([SocketIOField])
}

/// A member of an object that holds binary data somewhere.
public struct SocketIOField: Sendable, Hashable {
    public var name: String
    public var value: SocketIOValue

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
