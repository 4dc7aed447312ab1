/// What a peer did wrong at the websocket layer; the connection ends with ``closeCode``.
public enum WebSocketFailure: String, Error, Sendable, Hashable {
    /// Against RFC 6455, sections 5.2, 5.4, 5.5 and 7.4.
    case reservedBits = "reserved bits set"
    case unknownOpcode = "unknown opcode"
    case unmaskedFrame = "client frame not masked"
    case fragmentedControl = "fragmented control frame"
    case oversizedControl = "control frame longer than 125 bytes"
    case wastefulLength = "length not minimally encoded"
    case impossibleLength = "length above 2^63"
    case strayContinuation = "continuation without a message"
    case interruptedMessage = "new message inside a fragmented one"
    case invalidClosePayload = "invalid close frame"
    /// Section 8.1.
    case invalidUTF8 = "text is not UTF-8"
    /// Longer than the parser was told to take.
    case messageTooBig = "message too big"

    /// The status code the server closes with (RFC 6455, section 7.4.1).
    public var closeCode: UInt16 {
        switch self {
        case .invalidUTF8:
            return WebSocketCloseCode.invalidData
        case .messageTooBig:
            return WebSocketCloseCode.messageTooBig
        case .reservedBits, .unknownOpcode, .unmaskedFrame, .fragmentedControl, .oversizedControl, .wastefulLength,
            .impossibleLength, .strayContinuation, .interruptedMessage, .invalidClosePayload:
            return WebSocketCloseCode.protocolError
        }
    }
}
