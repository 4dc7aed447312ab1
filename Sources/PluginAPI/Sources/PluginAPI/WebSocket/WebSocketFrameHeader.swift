import NIOCore

/// The header of one client frame (RFC 6455, section 5.2), read and checked before its payload has arrived.
struct WebSocketFrameHeader: Sendable, Hashable {
    var opcode: WebSocketOpcode
    var isFinal: Bool
    /// The four masking bytes as they lie in memory.
    var mask: UInt32
    /// Bytes of this header: 6, 8 or 14.
    var headerLength: Int
    /// Bytes of the payload, as announced.
    var payloadLength: Int

    enum Parsed: Sendable, Hashable {
        case header(WebSocketFrameHeader)
        case needMoreData
        case failure(WebSocketFailure)
    }

    /// Reads a header without consuming it. Each rule is applied as soon as the bytes it needs are there.
    static func parse(_ buffer: ByteBuffer) -> Parsed {
        buffer.withUnsafeReadableBytes { parse($0) }
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) -> Parsed {
        guard bytes.count >= 1 else { return .needMoreData }
        let first = bytes[0]
        guard first & 0x70 == 0 else { return .failure(.reservedBits) }
        guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else { return .failure(.unknownOpcode) }
        let isFinal = first & 0x80 != 0
        if opcode.isControl, !isFinal { return .failure(.fragmentedControl) }

        guard bytes.count >= 2 else { return .needMoreData }
        guard bytes[1] & 0x80 != 0 else { return .failure(.unmaskedFrame) }
        let short = Int(bytes[1] & 0x7F)
        if opcode.isControl, short > 125 { return .failure(.oversizedControl) }

        var payloadLength = short
        var maskOffset = 2
        switch short {
        case 126:
            guard bytes.count >= 4 else { return .needMoreData }
            payloadLength = Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
            guard payloadLength > 125 else { return .failure(.wastefulLength) }
            maskOffset = 4
        case 127:
            guard bytes.count >= 10 else { return .needMoreData }
            let long = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
            guard let length = Int(exactly: long) else { return .failure(.impossibleLength) }
            guard length > 65535 else { return .failure(.wastefulLength) }
            payloadLength = length
            maskOffset = 10
        default:
            break
        }
        // A length is known now, and may be refused, although the mask is still to come.
        let hasMask = bytes.count >= maskOffset + 4
        return .header(
            WebSocketFrameHeader(
                opcode: opcode,
                isFinal: isFinal,
                mask: hasMask ? bytes.loadUnaligned(fromByteOffset: maskOffset, as: UInt32.self) : 0,
                headerLength: maskOffset + 4,
                payloadLength: payloadLength
            )
        )
    }
}
