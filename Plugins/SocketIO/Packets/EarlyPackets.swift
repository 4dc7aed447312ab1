import NIOCore

/// What a peer sends to a namespace that has not decided on it yet, bounded in number and bytes. It waits as it came:
/// read, a packet takes up to fifty times its room.
struct EarlyPackets: Sendable {
    static let mostFrames = 64
    static let mostBytes = 32_768

    enum Frame: Sendable {
        case text(ByteBuffer)
        case attachment(ByteBuffer)
    }

    private(set) var frames: [Frame] = []
    /// Attachments of the last packet that are still to come.
    private(set) var missingAttachments = 0
    private var bytes = 0

    /// Keeps the text of a packet. False: there is no room.
    mutating func append(_ text: ByteBuffer, attachments: Int) -> Bool {
        guard takeRoom(text) else { return false }
        missingAttachments = attachments
        frames.append(.text(ByteBuffer(bytes: text.readableBytesView)))
        return true
    }

    /// Keeps an attachment of the last packet. False: there is no room.
    mutating func append(attachment: ByteBuffer) -> Bool {
        guard takeRoom(attachment) else { return false }
        missingAttachments -= 1
        // A copy: a slice would keep the whole buffer it was read into.
        frames.append(.attachment(ByteBuffer(bytes: attachment.readableBytesView)))
        return true
    }

    private mutating func takeRoom(_ frame: ByteBuffer) -> Bool {
        guard frames.count < Self.mostFrames, frame.readableBytes <= Self.mostBytes - bytes else { return false }
        bytes += frame.readableBytes
        return true
    }
}
