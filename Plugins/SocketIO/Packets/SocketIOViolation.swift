import PluginAPI

/// Why a packet is refused. Each of these ends the connection with ``CloseReason/parseError``.
enum SocketIOViolation: Error, Sendable, Hashable {
    case emptyPacket
    case unknownType
    case illegalAttachments
    case tooManyAttachments
    case attachmentsTooBig
    case namespaceTooLong
    case illegalAckID
    case missingAckID
    case invalidJSON(String)
    case invalidPayload
    case reservedEvent(String)
    case illegalPlaceholder
    case unexpectedAttachment
    case missingAttachment
}

extension SocketIOViolation: CustomStringConvertible {
    var description: String {
        switch self {
        case .emptyPacket: return "empty packet"
        case .unknownType: return "unknown packet type"
        case .illegalAttachments: return "illegal attachment count"
        case .tooManyAttachments: return "too many attachments"
        case .attachmentsTooBig: return "attachments too big"
        case .namespaceTooLong: return "namespace too long"
        case .illegalAckID: return "illegal ack id"
        case .missingAckID: return "ack without id"
        case .invalidJSON(let reason): return "invalid payload: \(reason)"
        case .invalidPayload: return "payload does not fit the packet type"
        case .reservedEvent(let name): return "reserved event name \(name)"
        case .illegalPlaceholder: return "placeholders do not match the attachments"
        case .unexpectedAttachment: return "attachment without a packet"
        case .missingAttachment: return "packet between attachments"
        }
    }

    /// What the close frame says (RFC 6455, section 7.4.1).
    var closeCode: UInt16 {
        switch self {
        case .tooManyAttachments, .attachmentsTooBig, .namespaceTooLong: WebSocketCloseCode.messageTooBig
        case .unexpectedAttachment: WebSocketCloseCode.unsupportedData
        case .reservedEvent, .missingAttachment: WebSocketCloseCode.policyViolation
        case .emptyPacket, .unknownType, .illegalAttachments, .illegalAckID, .missingAckID, .invalidJSON,
            .invalidPayload,
            .illegalPlaceholder:
            WebSocketCloseCode.invalidData
        }
    }

    var cause: EngineIOClose.Cause {
        switch self {
        case .reservedEvent, .unexpectedAttachment, .missingAttachment: .unexpectedPacket
        default: .invalidPacket
        }
    }
}
