import NIOCore

/// Gives a channel a buffer for each read, which goes when what was read has been handled.
///
/// NIO keeps the first buffer of a channel for as long as it lives (`NIOPooledRecvBufferAllocator`), which thousands of
/// idle websockets would pay for. So the first one is tiny and its read takes one turn more; with one read per turn
/// (`maxMessagesPerRead`) no later one is kept.
struct ReceiveBuffers: RecvByteBufferAllocator {
    private static let kept = 16
    private static let sizes = 1_024...65_536

    private var isFirst = true
    private var size = sizes.lowerBound

    func nextBufferSize() -> Int? { nil }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: isFirst ? Self.kept : size)
    }

    mutating func record(actualReadBytes count: Int) -> Bool {
        if isFirst {
            isFirst = false
        } else if count >= size {
            size = min(size * 2, Self.sizes.upperBound)
        } else if count < size / 4 {
            size = max(size / 2, Self.sizes.lowerBound)
        }
        // As if it grew each time: otherwise the kept buffer would be read into again.
        return true
    }
}
