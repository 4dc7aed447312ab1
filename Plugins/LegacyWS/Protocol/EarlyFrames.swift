import NIOCore

/// What a peer sends before it was let in, bounded in number and bytes.
struct EarlyFrames {
    static let mostFrames = 64
    static let mostBytes = 65_536

    private(set) var frames: [ByteBuffer] = []
    private var bytes = 0

    /// False: there is no room.
    mutating func append(_ frame: ByteBuffer) -> Bool {
        guard frames.count < Self.mostFrames, frame.readableBytes <= Self.mostBytes - bytes else { return false }
        bytes += frame.readableBytes
        // A copy: a slice would keep the whole buffer it was read into.
        frames.append(ByteBuffer(bytes: frame.readableBytesView))
        return true
    }
}
