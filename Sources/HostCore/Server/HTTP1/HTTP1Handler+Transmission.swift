import Glibc
import NIOCore
import PluginAPI

/// How a whole answer leaves: by one `send` on the descriptor while nothing is queued before it, which costs a third
/// less than the channel's queue; see docs/decisions/0004-rooms-joined-per-tick-and-direct-send.md.
extension HTTP1Handler {
    /// The socket's descriptor, for direct sends.
    enum Descriptor {
        case unasked
        case known(CInt)
        /// Bytes change on their way, or the channel has none.
        case none
    }

    enum DirectSend {
        case sent
        /// What is left in the buffer has to take the channel's queue.
        case queue
        /// The peer is gone.
        case failed
    }

    /// Sends an answer; what the socket does not take stays in the buffer.
    func sendDirectly(_ buffer: inout ByteBuffer, _ context: ChannelHandlerContext) -> DirectSend {
        guard !hasQueued, let descriptor = usableDescriptor(context) else { return .queue }
        let count = buffer.readableBytes
        let (sent, problem) = buffer.withUnsafeReadableBytes { bytes in
            (
                Glibc.send(descriptor, bytes.baseAddress, count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)),
                Glibc.errno
            )
        }
        if sent == count { return .sent }
        if sent >= 0 {
            buffer.moveReaderIndex(forwardBy: sent)
        } else if problem != EAGAIN && problem != EINTR {
            return .failed
        }
        return .queue
    }

    private func usableDescriptor(_ context: ChannelHandlerContext) -> CInt? {
        // Once it is closed its number may be another socket's.
        guard context.channel.isActive else { return nil }
        switch descriptor {
        case .known(let descriptor): return descriptor
        case .none: return nil
        case .unasked:
            let found = isSecure ? nil : context.channel.socketDescriptor
            descriptor = found.map { .known($0) } ?? .none
            return found
        }
    }
}
