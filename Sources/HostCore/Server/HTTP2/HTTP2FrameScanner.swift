import NIOCore

/// Follows the frames that a client sends (RFC 9113 section 4.1), in front of the decoder.
///
/// It knows whether a frame or a header block has begun and not ended, which nothing behind the decoder sees. And it lets
/// the server's settings hold from the client's own on: the decoder applies them only at the client's acknowledgement, so
/// that until then its built-in limit of headers would end the connection. The acknowledgement is given in the client's
/// place, and the client's own is taken out.
struct HTTP2FrameScanner {
    private enum Settings {
        case awaited, acknowledged, done
    }

    private static let settingsType: UInt8 = 4
    private static let acknowledgement: [UInt8] = [0, 0, 0, settingsType, 1, 0, 0, 0, 0]
    /// HEADERS, PUSH_PROMISE and CONTINUATION.
    private static let headerTypes: Set<UInt8> = [1, 5, 9]

    private var prefaceLeft = 24
    private var header: [UInt8] = []
    private var payloadLeft = 0
    private var isClientSettings = false
    private var hasOpenBlock = false
    private var settings = Settings.awaited
    /// Nothing is added or taken out any more, nor held back.
    private var isThrough = false

    /// How many frames and header blocks have come whole, the preface among them.
    private(set) var completed = 0

    /// Whether the preface, a frame or a header block is under way.
    var isMidway: Bool { prefaceLeft > 0 || !header.isEmpty || payloadLeft > 0 || hasOpenBlock }

    /// What goes on to the decoder of these bytes; up to eight may be held back until more come.
    mutating func pass(_ input: ByteBuffer) -> ByteBuffer {
        var (rest, output) = (input, ByteBuffer())
        if case .done = settings, header.isEmpty { isThrough = true }
        if isThrough {
            while advance(&rest) != nil { noteEnd() }
            return input
        }
        while let piece = advance(&rest) {
            output.writeImmutableBuffer(piece)
            noteEnd()
            guard isClientSettings, payloadLeft == 0, case .awaited = settings else { continue }
            output.writeBytes(Self.acknowledgement)
            settings = .acknowledged
        }
        return output
    }

    private mutating func noteEnd() {
        if !isMidway { completed += 1 }
    }

    /// Takes the next piece that belongs together; nil when there is none that is complete.
    private mutating func advance(_ rest: inout ByteBuffer) -> ByteBuffer? {
        while rest.readableBytes > 0 {
            if prefaceLeft > 0 { return Self.take(&prefaceLeft, of: &rest) }
            if payloadLeft > 0 { return Self.take(&payloadLeft, of: &rest) }
            header += rest.readBytes(length: min(9 - header.count, rest.readableBytes)) ?? []
            guard header.count == 9 else { return nil }
            let complete = header
            header = []
            if begin(complete) { return ByteBuffer(bytes: complete) }
        }
        return nil
    }

    private static func take(_ left: inout Int, of rest: inout ByteBuffer) -> ByteBuffer? {
        let piece = rest.readSlice(length: min(left, rest.readableBytes))
        left -= piece?.readableBytes ?? 0
        return piece
    }

    /// Whether a frame with this header goes on.
    private mutating func begin(_ header: [UInt8]) -> Bool {
        let (type, flags) = (header[3], header[4])
        payloadLeft = Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])
        isClientSettings = type == Self.settingsType && flags & 1 == 0
        hasOpenBlock = Self.headerTypes.contains(type) && flags & 4 == 0
        guard case .acknowledged = settings, header == Self.acknowledgement else { return true }
        settings = .done
        return false
    }
}
