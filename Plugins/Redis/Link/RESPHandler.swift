import PluginAPI

/// The end of a connection's pipeline: bytes into replies, and the end of the connection into a reason.
final class RESPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let reader: RESPReader
    private let received: ([RESPValue]) -> Void
    private let ended: (RedisFailure) -> Void
    private var hasEnded = false

    /// - Parameters:
    ///   - received: the replies that a read completed, on the loop; none is a sign of life, too.
    ///   - ended: why it is of no further use; called once, on the loop.
    init(
        limits: RESPLimits, received: @escaping ([RESPValue]) -> Void, ended: @escaping (RedisFailure) -> Void
    ) {
        reader = RESPReader(limits: limits)
        self.received = received
        self.ended = ended
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasEnded else { return }
        var replies: [RESPValue] = []
        var failure: RedisFailure?
        do throws(RedisFailure) {
            try reader.read(unwrapInboundIn(data)) { replies.append($0) }
        } catch {
            failure = error
        }
        received(replies)
        if let failure { end(failure) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(RedisFailure(describing: error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(RedisFailure(.connection, "the server closed the connection"))
    }

    private func end(_ failure: RedisFailure) {
        guard !exchange(&hasEnded, with: true) else { return }
        ended(failure)
    }
}
