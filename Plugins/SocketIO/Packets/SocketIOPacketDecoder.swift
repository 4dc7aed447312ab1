import NIOCore
import PluginAPI

/// Reads the text of a Socket.IO packet: type digit, `<count>-` for binary types, `/namespace,`, ack id, JSON.
struct SocketIOPacketDecoder: Sendable {
    var limits = SocketIOLimits()

    /// Decodes what follows the Engine.IO digit.
    ///
    /// The odd ends of the protocol are those of its reference parser: a namespace reaches to the comma or the end of
    /// the text, and a binary type without attachments is complete by itself.
    func decode(_ text: ByteBuffer) throws(SocketIOViolation) -> SocketIOPacket {
        var rest = text
        var packet = try head(of: &rest)
        try readPayload(of: &packet, rest)
        return packet
    }

    /// Reads what stands before the payload, which is left in the text.
    func head(of rest: inout ByteBuffer) throws(SocketIOViolation) -> SocketIOPacket {
        guard let digit = rest.readInteger(as: UInt8.self) else { throw .emptyPacket }
        guard let type = SocketIOPacketType(rawValue: digit) else { throw .unknownType }
        var packet = SocketIOPacket(type: type, namespace: "/")
        if type.isBinary { packet.attachments = try attachments(&rest) }
        packet.namespace = try namespace(&rest)
        packet.ackID = try ackID(&rest)
        return packet
    }

    /// Reads and checks the payload of a packet, all that stands behind its head.
    func readPayload(of packet: inout SocketIOPacket, _ rest: ByteBuffer) throws(SocketIOViolation) {
        if rest.readableBytes > 0 {
            do {
                // What a stranger shows is kept until its namespace has decided.
                let limits = packet.type == .connect ? limits.connectJSON : limits.json
                packet.payload = try JSONValue(parsing: rest, limits: limits)
            } catch {
                throw .invalidJSON("\(error)")
            }
        }
        try packet.checkPayload()
    }

    private func attachments(_ rest: inout ByteBuffer) throws(SocketIOViolation) -> Int {
        guard let count = Self.digits(&rest, atMost: 9), rest.readInteger(as: UInt8.self) == UInt8(ascii: "-") else {
            throw .illegalAttachments
        }
        guard count <= UInt64(limits.attachments) else { throw .tooManyAttachments }
        return Int(count)
    }

    private func namespace(_ rest: inout ByteBuffer) throws(SocketIOViolation) -> String {
        let view = rest.readableBytesView
        guard view.first == UInt8(ascii: "/") else { return "/" }
        let end = view.firstIndex(of: UInt8(ascii: ",")) ?? view.endIndex
        // Older clients append a query to the name; it names nothing.
        let nameEnd = view[..<end].firstIndex(of: UInt8(ascii: "?")) ?? end
        guard nameEnd - view.startIndex <= limits.namespaceLength else { throw .namespaceTooLong }
        let name = String(decoding: view[..<nameEnd], as: UTF8.self)
        rest.moveReaderIndex(forwardBy: min(end - view.startIndex + 1, rest.readableBytes))
        return name
    }

    private func ackID(_ rest: inout ByteBuffer) throws(SocketIOViolation) -> UInt64? {
        guard let first = rest.readableBytesView.first, Self.isDigit(first) else { return nil }
        guard let id = Self.digits(&rest, atMost: 20) else { throw .illegalAckID }
        return id
    }

    /// Reads a decimal number; nil when there is none, it has more digits than allowed, or it exceeds 64 bits.
    private static func digits(_ rest: inout ByteBuffer, atMost limit: Int) -> UInt64? {
        var value: UInt64 = 0
        var count = 0
        for byte in rest.readableBytesView {
            guard isDigit(byte) else { break }
            count += 1
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard count <= limit, !overflow, !carry else { return nil }
            value = sum
        }
        rest.moveReaderIndex(forwardBy: count)
        return count > 0 ? value : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
