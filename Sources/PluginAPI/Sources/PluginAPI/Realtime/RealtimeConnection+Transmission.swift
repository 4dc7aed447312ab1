import Glibc
import NIOCore

/// How bytes leave: on the descriptor while nothing is queued, through the channel's queue otherwise.
extension RealtimeConnection {
    func transmit(_ bytes: ByteBuffer) {
        guard let context, !isShut else { return }
        var bytes = bytes
        var isWhole = true
        if let descriptor = usableDescriptor(context) {
            let count = bytes.readableBytes
            let (sent, problem) = bytes.withUnsafeReadableBytes { pointer in
                (
                    Glibc.send(descriptor, pointer.baseAddress, count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)),
                    Glibc.errno
                )
            }
            if sent == count { return }
            if sent >= 0 {
                bytes.moveReaderIndex(forwardBy: sent)
                isWhole = sent == 0
            } else if problem != EAGAIN && problem != EINTR {
                fail(.brokenPipe)
                return
            }
        }
        enqueue(bytes, isWhole: isWhole, context: context)
    }

    /// Nil while something is queued that nothing may overtake: own writes, or the answer to the upgrade before them.
    private func usableDescriptor(_ context: ChannelHandlerContext) -> CInt? {
        switch descriptor {
        case .known(let descriptor): return queuedWriteCount == 0 ? descriptor : nil
        case .none: return nil
        case .unwritten:
            descriptor = .unasked
            return nil
        case .unasked:
            descriptor = context.channel.socketDescriptor.map { .known($0) } ?? .none
            return usableDescriptor(context)
        }
    }

    /// - Parameter isWhole: the bytes begin with the beginning of a frame.
    private func enqueue(_ bytes: ByteBuffer, isWhole: Bool, context: ChannelHandlerContext) {
        let count = bytes.readableBytes
        guard queuedByteCount + count <= outboundLimit else {
            fail(.outboundLimit, betweenFrames: isWhole)
            return
        }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: queuedWrite(of: count, context))
    }

    /// Counts a write into the channel's queue until it is done.
    func queuedWrite(of count: Int, _ context: ChannelHandlerContext) -> EventLoopPromise<Void> {
        queuedByteCount += count
        queuedWriteCount += 1
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { [self] result in
            queuedByteCount -= count
            queuedWriteCount -= 1
            // The descriptor is closed before queued writes fail, and its number may be another socket's by now.
            if case .failure = result { descriptor = .none }
        }
        return promise
    }

    /// How long a peer that reads slowly may take to read the last words.
    private static let patience = TimeAmount.seconds(10)

    /// Gives the connection up. The close waits for the next tick, as a room may be being walked.
    ///
    /// - Parameter betweenFrames: what went out so far, or waits to, ends with the end of a frame.
    private func fail(_ failure: Failure, betweenFrames: Bool = false) {
        descriptor = .none
        guard !isShut, let context else { return }
        isShut = true
        self.failure = failure
        pending = ByteBuffer()
        let lastWords = failed(failure)
        let channel = context.channel
        if betweenFrames, let lastWords {
            context.writeAndFlush(wrapOutboundOut(lastWords), promise: nil)
            context.eventLoop.scheduleTask(in: Self.patience) { channel.close(mode: .all, promise: nil) }
            return
        }
        context.eventLoop.execute { channel.close(mode: .all, promise: nil) }
    }
}
