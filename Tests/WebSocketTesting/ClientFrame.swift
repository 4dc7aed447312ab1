import NIOCore

/// A websocket frame as a client would send it, or as it should not.
public struct ClientFrame {
    public var opcode: UInt8
    public var payload: [UInt8]
    public var isFinal = true
    public var reserved: UInt8 = 0
    public var mask: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D]

    public init(_ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true) {
        self.opcode = opcode
        self.payload = payload
        self.isFinal = isFinal
    }

    public static func text(_ text: String, isFinal: Bool = true) -> ClientFrame {
        ClientFrame(0x1, Array(text.utf8), isFinal: isFinal)
    }

    public static func binary(_ bytes: [UInt8]) -> ClientFrame { ClientFrame(0x2, bytes) }

    public static func close(_ code: UInt16, _ reason: String = "") -> ClientFrame {
        ClientFrame(0x8, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
    }

    public func with(mask: [UInt8]?) -> ClientFrame {
        var frame = self
        frame.mask = mask
        return frame
    }

    public func with(reserved: UInt8) -> ClientFrame {
        var frame = self
        frame.reserved = reserved
        return frame
    }

    public var bytes: [UInt8] {
        var bytes = [(isFinal ? 0x80 : 0) | reserved | opcode]
        let flag: UInt8 = mask == nil ? 0 : 0x80
        switch payload.count {
        case ..<126:
            bytes.append(flag | UInt8(payload.count))
        case ..<65536:
            bytes += [flag | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            bytes.append(flag | 127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8((payload.count >> shift) & 0xFF)) }
        }
        guard let mask else { return bytes + payload }
        bytes += mask
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ mask[index % 4]) }
        return bytes
    }
}
