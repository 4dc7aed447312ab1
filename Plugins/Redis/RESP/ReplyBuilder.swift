import CHiredis
import PluginAPI

/// Puts a reply together from what the reader finds, in the order of the wire.
///
/// The reader is given functions of our own in place of hiredis' objects: a length that a server only announces then
/// costs nothing, and every value is made once.
final class ReplyBuilder {
    private struct Frame {
        var missing: Int
        var items: [RESPValue] = []
    }

    private let limits: RESPLimits
    private var frames: [Frame] = []
    /// Values inside the reply, also those that are only announced.
    private var valueCount = 0
    private var finished: RESPValue?

    init(limits: RESPLimits) {
        self.limits = limits
    }

    /// The reply that was completed last.
    func take() -> RESPValue? {
        valueCount = 0
        return finished.take()
    }

    /// False: the reply holds too much.
    private func add(_ value: RESPValue) -> Bool {
        var value = value
        while let frame = frames.indices.last {
            frames[frame].items.append(value)
            frames[frame].missing -= 1
            guard frames[frame].missing == 0 else { return true }
            value = .array(frames.removeLast().items)
        }
        finished = value
        return true
    }

    private func open(_ count: Int) -> Bool {
        guard count > 0 else { return add(.array([])) }
        guard count <= limits.valueCount - valueCount else { return false }
        valueCount += count
        frames.append(Frame(missing: count))
        return true
    }

    private func addText(_ type: CInt, _ bytes: UnsafeRawBufferPointer) -> Bool {
        switch type {
        case REDIS_REPLY_STATUS: add(.status(String(decoding: bytes, as: UTF8.self)))
        case REDIS_REPLY_ERROR: add(.error(String(decoding: bytes, as: UTF8.self)))
        default: add(.bulk(ByteBuffer(bytes: bytes)))
        }
    }
}

extension ReplyBuilder {
    /// What hiredis' reader calls. Each answers the builder itself, as an object that is there and that nobody frees;
    /// null makes the reader give up.
    static var functions: redisReplyObjectFunctions {
        redisReplyObjectFunctions(
            createString: { task, bytes, count in
                ReplyBuilder.call(task) { $0.addText($1, UnsafeRawBufferPointer(start: bytes, count: count)) }
            },
            createArray: { task, count in ReplyBuilder.call(task) { builder, _ in builder.open(Int(count)) } },
            createInteger: { task, value in ReplyBuilder.call(task) { builder, _ in builder.add(.integer(value)) } },
            createNil: { task in ReplyBuilder.call(task) { builder, _ in builder.add(.null) } },
            freeObject: nil)
    }

    private static func call(
        _ task: UnsafePointer<redisReadTask>?, _ body: (ReplyBuilder, CInt) -> Bool
    ) -> UnsafeMutableRawPointer? {
        guard let task, let place = task.pointee.privdata else { return nil }
        let builder = Unmanaged<ReplyBuilder>.fromOpaque(place).takeUnretainedValue()
        return body(builder, task.pointee.type) ? place : nil
    }
}
