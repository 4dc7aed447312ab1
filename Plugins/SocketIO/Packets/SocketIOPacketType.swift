/// The packet types of Socket.IO protocol 5; the raw value is the digit on the wire.
enum SocketIOPacketType: UInt8, Sendable, Hashable, CaseIterable {
    case connect = 0x30
    case disconnect
    case event
    case ack
    case connectError
    case binaryEvent
    case binaryAck

    /// Whether binary frames follow the text.
    var isBinary: Bool { self == .binaryEvent || self == .binaryAck }
}
