import NIOCore
import PluginAPI

extension WebSocketFrameParser {
    /// All events until the parser wants more bytes.
    public mutating func drain() -> [Event] {
        var events: [Event] = []
        while true {
            let event = next()
            if event == .needMoreData { return events }
            events.append(event)
        }
    }

    public mutating func feed(_ bytes: some Sequence<UInt8>) -> [Event] {
        var buffer = ByteBuffer(bytes: bytes)
        append(&buffer)
        return drain()
    }

    /// The events of a stream that arrives in these pieces.
    public static func events(of pieces: [ArraySlice<UInt8>], maxPayload: Int = 1000) -> [Event] {
        var parser = WebSocketFrameParser(maxPayload: maxPayload)
        return pieces.flatMap { parser.feed($0) }
    }

    public static func events(of bytes: [UInt8], maxPayload: Int = 1000) -> [Event] {
        events(of: [bytes[...]], maxPayload: maxPayload)
    }
}

extension ByteBuffer {
    public var bytes: [UInt8] { Array(readableBytesView) }
    public var text: String { String(buffer: self) }

    /// The payload of one whole server text frame; nil when the bytes are anything else.
    public var textPayload: String? {
        var rest = self
        guard let frame = rest.readServerFrame(), frame.opcode == 0x1, rest.readableBytes == 0 else { return nil }
        return frame.payload.text
    }

    /// The payloads of whole server text frames, one behind the other; nil when the bytes are anything else.
    public var serverTexts: [String]? {
        var (rest, texts) = (self, [String]())
        while rest.readableBytes > 0 {
            guard let frame = rest.readServerFrame(), frame.opcode == 0x1 else { return nil }
            texts.append(frame.payload.text)
        }
        return texts
    }

    /// Reads an unmasked, final frame.
    public mutating func readServerFrame() -> (opcode: UInt8, payload: ByteBuffer)? {
        guard let first = readInteger(as: UInt8.self), let second = readInteger(as: UInt8.self),
            first & 0xF0 == 0x80, second & 0x80 == 0
        else { return nil }
        let length: Int?
        switch second {
        case 126: length = readInteger(as: UInt16.self).map(Int.init)
        case 127: length = readInteger(as: UInt64.self).flatMap { Int(exactly: $0) }
        default: length = Int(second)
        }
        guard let length, let payload = readSlice(length: length) else { return nil }
        return (first & 0x0F, payload)
    }
}
