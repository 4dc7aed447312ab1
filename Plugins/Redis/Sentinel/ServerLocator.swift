import PluginAPI

/// How the server is found: it is known, or Sentinels are asked for the master before each attempt.
enum ServerLocator: Sendable {
    case fixed(RedisAddress, RedisDialer)
    case sentinels(SentinelGuide, RedisDialer)

    /// Finds the server and connects to it; what the guide may take of the time depends on how many there are to ask.
    func dial(
        on eventLoop: any EventLoop, within timeout: TimeAmount, makeHandler: @escaping @Sendable () -> RESPHandler
    ) -> EventLoopFuture<any Channel> {
        switch self {
        case .fixed(let address, let dialer):
            dialer.dial(address, on: eventLoop, within: timeout, makeHandler: makeHandler)
        case .sentinels(let guide, let dialer):
            guide.master(on: eventLoop, within: timeout).flatMap { address in
                dialer.dial(address, on: eventLoop, within: timeout, makeHandler: makeHandler)
            }
        }
    }

    /// For logs.
    var summary: String {
        switch self {
        case .fixed(let address, _): "\(address)"
        case .sentinels(let guide, _): guide.summary
        }
    }
}
