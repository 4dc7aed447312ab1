import NIOCore
import PluginAPI

extension SocketIOPacket {
    /// Names that would be mistaken for a socket's own events.
    static let reservedEvents: Set<String> = [
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    ]

    /// Applies the rules of the packet's type to its payload.
    func checkPayload() throws(SocketIOViolation) {
        switch type {
        case .connect:
            if payload != nil, payload?.objectValue == nil { throw .invalidPayload }
        case .disconnect:
            if payload != nil { throw .invalidPayload }
        case .connectError:
            if payload != nil, payload?.objectValue == nil, payload?.stringValue == nil { throw .invalidPayload }
        case .event, .binaryEvent:
            guard let name = payload?.arrayValue?.first?.stringValue else { throw .invalidPayload }
            if Self.reservedEvents.contains(name) { throw .reservedEvent(name) }
        case .ack, .binaryAck:
            guard payload?.arrayValue != nil else { throw .invalidPayload }
            guard ackID != nil else { throw .missingAckID }
        }
        if type.isBinary, let payload { try SocketIOPlaceholders.check(payload, count: attachments) }
    }

    /// The packet with its attachments in place.
    func resolved(_ binaries: [ByteBuffer] = []) throws(SocketIOViolation) -> SocketIOInbound {
        switch type {
        case .connect:
            return .connect(namespace: namespace, auth: payload?.objectValue)
        case .disconnect:
            return .disconnect(namespace: namespace)
        case .connectError:
            return .connectError(namespace: namespace, payload: payload)
        case .event, .binaryEvent:
            guard let elements = payload?.arrayValue, let name = elements.first?.stringValue else {
                throw .invalidPayload
            }
            let arguments = try values(elements.dropFirst(), binaries)
            return .event(namespace: namespace, name: name, arguments: arguments, ackID: ackID)
        case .ack, .binaryAck:
            guard let elements = payload?.arrayValue else { throw .invalidPayload }
            guard let ackID else { throw .missingAckID }
            return .ack(namespace: namespace, id: ackID, arguments: try values(elements[...], binaries))
        }
    }

    private func values(
        _ elements: ArraySlice<JSONValue>, _ binaries: [ByteBuffer]
    ) throws(SocketIOViolation) -> [SocketIOValue] {
        guard type.isBinary, !binaries.isEmpty else { return elements.map { .json($0) } }
        var values: [SocketIOValue] = []
        values.reserveCapacity(elements.count)
        for element in elements {
            values.append(try SocketIOPlaceholders.substitute(element, binaries))
        }
        return values
    }
}
