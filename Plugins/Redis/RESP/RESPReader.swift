import CHiredis
import PluginAPI

/// Bytes into replies, however they are cut: hiredis' reader with bounds around it.
///
/// Belongs to one thread at a time.
final class RESPReader {
    private let limits: RESPLimits
    private let builder: ReplyBuilder
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let reader: UnsafeMutablePointer<redisReader>?
    /// Bytes that came since the last reply was complete.
    private var pendingByteCount = 0

    init(limits: RESPLimits = RESPLimits()) {
        self.limits = limits
        builder = ReplyBuilder(limits: limits)
        functions = .allocate(capacity: 1)
        functions.initialize(to: ReplyBuilder.functions)
        reader = redisReaderCreateWithFunctions(functions)
        reader?.pointee.privdata = Unmanaged.passUnretained(builder).toOpaque()
    }

    deinit {
        redisReaderFree(reader)
        functions.deallocate()
    }

    /// Takes bytes and hands over each reply that they complete.
    ///
    /// - Throws: ``RedisFailure`` when they are not the protocol or exceed a limit; the reader is of no further use.
    func read(_ bytes: ByteBuffer, _ body: (RESPValue) -> Void) throws(RedisFailure) {
        guard let reader else { throw .senseless("no memory left for its replies") }
        let taken = bytes.withUnsafeReadableBytes { bytes in
            redisReaderFeed(reader, bytes.baseAddress, bytes.count)
        }
        guard taken == REDIS_OK else { throw failure(of: reader) }
        pendingByteCount += bytes.readableBytes
        while true {
            var reply: UnsafeMutableRawPointer?
            guard redisReaderGetReply(reader, &reply) == REDIS_OK else { throw failure(of: reader) }
            guard reply != nil, let value = builder.take() else { break }
            pendingByteCount = reader.pointee.len - reader.pointee.pos
            body(value)
        }
        guard pendingByteCount <= limits.replyByteCount else { throw .senseless("a reply is too long") }
        guard !holdsLongLine(reader) else { throw .senseless("a line of a reply is too long") }
    }

    /// Whether what waits is a line whose end is not in sight. The reader looks for it from the start each time, so
    /// that such a line would cost more and more.
    ///
    /// A line whose end is there does not wait, except for the length before bytes that are still to come.
    private func holdsLongLine(_ reader: UnsafeMutablePointer<redisReader>) -> Bool {
        let waiting = reader.pointee.len - reader.pointee.pos
        guard waiting > limits.lineByteCount, let buffer = reader.pointee.buf else { return false }
        let start = UnsafeRawBufferPointer(start: buffer + reader.pointee.pos, count: limits.lineByteCount)
        return !start.prefix(32).contains(UInt8(ascii: "\n"))
    }

    private func failure(of reader: UnsafeMutablePointer<redisReader>) -> RedisFailure {
        let message = withUnsafeBytes(of: reader.pointee.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return reader.pointee.err == REDIS_ERR_OOM
            ? .senseless("a reply holds too much") : .senseless(message.isEmpty ? "it cannot be read" : message)
    }
}
