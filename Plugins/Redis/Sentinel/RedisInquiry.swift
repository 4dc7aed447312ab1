import PluginAPI

/// A few commands over a connection of their own, which then ends.
enum RedisInquiry {
    /// The answers in order, errors among them. Fails with ``RedisFailure`` if not all come in time.
    static func ask(
        _ address: RedisAddress, _ commands: [RedisCommand], with dialer: RedisDialer, on eventLoop: any EventLoop,
        within timeout: TimeAmount,
        limits: RESPLimits = RESPLimits(replyByteCount: 64 << 10, valueCount: 1_024, lineByteCount: 4_096)
    ) -> EventLoopFuture<[RESPValue]> {
        let answered = eventLoop.makePromise(of: [RESPValue].self)
        let limit = eventLoop.scheduleTask(in: timeout) {
            answered.fail(RedisFailure(.timeout, "it did not answer in time"))
        }
        let channel = dialer.dial(address, on: eventLoop, within: timeout) {
            var answers: [RESPValue] = []
            return RESPHandler(
                limits: limits,
                received: { replies in
                    answers += replies
                    if answers.count >= commands.count { answered.succeed(answers) }
                },
                ended: { answered.fail($0) })
        }
        channel.whenSuccess { channel in
            var bytes = ByteBuffer()
            for command in commands { bytes.writeCommand(command) }
            channel.writeAndFlush(bytes, promise: nil)
        }
        channel.whenFailure { answered.fail($0) }
        return answered.futureResult.always { _ in
            limit.cancel()
            channel.whenSuccess { $0.close(promise: nil) }
        }
    }
}
