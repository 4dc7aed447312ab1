import PluginAPI
import Synchronization

/// Asks Sentinels, one after the other, where the master is
/// (redis.io/docs/reference/sentinel-clients). Who answered last is asked first.
final class SentinelGuide: Sendable {
    private let master: String
    private let greeting: [RedisCommand]
    private let dialer: RedisDialer
    private let sentinels: Mutex<[RedisAddress]>

    /// - Parameters:
    ///   - sentinels: not empty.
    ///   - master: the name under which they watch it.
    init(sentinels: [RedisAddress], master: String, greeting: [GreetingStep], dialer: RedisDialer) {
        self.master = master
        self.greeting = greeting.map(\.command)
        self.dialer = dialer
        self.sentinels = Mutex(sentinels)
    }

    var summary: String {
        let all = sentinels.withLock { $0 }.map { "\($0)" }.sorted()
        return "\(master) (Sentinels \(all.joined(separator: ", ")))"
    }

    /// The master's address as the first Sentinel that answers knows it. A silent one costs its share of the time.
    func master(on eventLoop: any EventLoop, within timeout: TimeAmount) -> EventLoopFuture<RedisAddress> {
        let order = sentinels.withLock { $0 }
        let share = TimeAmount.nanoseconds(timeout.nanoseconds / Int64(order.count + 1))
        return ask(order[...], on: eventLoop, within: share, failures: [])
    }

    private func ask(
        _ order: ArraySlice<RedisAddress>, on eventLoop: any EventLoop, within timeout: TimeAmount, failures: [String]
    ) -> EventLoopFuture<RedisAddress> {
        guard let sentinel = order.first else {
            let said = failures.joined(separator: "; ")
            return eventLoop.makeFailedFuture(
                RedisFailure(.connection, "no Sentinel knows the master \"\(master)\": \(said)"))
        }
        let question = RedisCommand("SENTINEL", "get-master-addr-by-name", .text(master))
        return RedisInquiry.ask(sentinel, greeting + [question], with: dialer, on: eventLoop, within: timeout)
            .flatMapThrowing { [self] answers in try heard(answers, of: sentinel) }
            .flatMapError { [self] error in
                let failure = "\(sentinel): \(RedisFailure(describing: error))"
                return ask(order.dropFirst(), on: eventLoop, within: timeout, failures: failures + [failure])
            }
    }

    private func heard(_ answers: [RESPValue], of sentinel: RedisAddress) throws(RedisFailure) -> RedisAddress {
        if let refusal = answers.lazy.compactMap(\.refusal).first { throw refusal }
        guard let place = answers.last?.items, place.count == 2, let host = place[0].text, !host.isEmpty,
            let port = place[1].text.flatMap({ Int($0) }), (1...65_535).contains(port)
        else { throw RedisFailure(.connection, "it does not know it") }
        sentinels.withLock { sentinels in
            guard let index = sentinels.firstIndex(of: sentinel) else { return }
            sentinels.insert(sentinels.remove(at: index), at: 0)
        }
        return .host(host, port: port)
    }
}
