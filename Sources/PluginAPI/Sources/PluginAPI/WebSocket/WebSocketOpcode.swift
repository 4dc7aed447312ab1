/// The frame types of RFC 6455, section 5.2. Every other value is reserved and refused.
public enum WebSocketOpcode: UInt8, Sendable, Hashable {
    /// The rest of a message.
    case continuation = 0x0
    /// A message, or its beginning.
    case text = 0x1, binary = 0x2
    /// Control frames.
    case close = 0x8, ping = 0x9, pong = 0xA

    /// Control frames may stand between the fragments of a message and are never fragmented (RFC 6455, section 5.5).
    public var isControl: Bool { rawValue & 0x8 != 0 }
}
