import PluginAPI

/// What a connection goes by.
struct LinkRules: Sendable {
    /// How long an attempt may take, from looking for the server to its last word of welcome.
    var connectTimeout: TimeAmount = .seconds(3)
    /// The longest silence of a server that owes something, and how soon one that says nothing is noticed.
    var silence: TimeAmount = .seconds(5)
    /// The longest wait before the second attempt; it doubles with each further one.
    var firstBackoff: TimeAmount = .milliseconds(100)
    /// The longest wait.
    var longestBackoff: TimeAmount = .seconds(5)
    /// How the server is greeted, in order.
    var greeting: [GreetingStep] = [.hello]

    /// Nobody hammers a server: not even a draw of zero makes an attempt follow at once.
    static let shortestBackoff: TimeAmount = .milliseconds(10)

    /// How long to wait after so many failures in a row: anything up to a bound that doubles, so that nodes that lost
    /// the same server do not return to it in step.
    ///
    /// - Parameter jitter: 0..<1.
    func backoff(after failures: Int, jitter: Double) -> TimeAmount {
        let doublings = min(max(failures - 1, 0), 30)
        let bound = min(Double(firstBackoff.nanoseconds) * Double(1 << doublings), Double(longestBackoff.nanoseconds))
        return max(Self.shortestBackoff, .nanoseconds(Int64(bound * jitter)))
    }
}

/// What is said to a server before it is used; each step is answered before the next.
enum GreetingStep: Sendable, Hashable {
    case authenticate(username: String?, password: Secret)
    case select(database: Int)
    /// Says RESP2, and hears what kind of server this is: it must be a master of its own.
    case hello
    /// The same; it must be a master in a Redis Cluster.
    case helloCluster

    var command: RedisCommand {
        switch self {
        case .authenticate(let username, let password):
            let name = username.map { [RedisCommand.Argument.text($0)] } ?? []
            return RedisCommand(["AUTH"] + name + [.text(password.reveal())])
        case .select(let database): return RedisCommand("SELECT", .integer(Int64(database)))
        case .hello, .helloCluster: return RedisCommand("HELLO", 2)
        }
    }

    /// Why the server cannot be used, going by its answer.
    func refusal(in answer: RESPValue) -> RedisFailure? {
        let isHello = self == .hello || self == .helloCluster
        if let refusal = answer.refusal {
            return isHello && refusal.saysUnknown
                ? RedisFailure(refusal.kind, "it does not know HELLO (Redis 6 or newer is needed): \(refusal)")
                : refusal
        }
        return isHello ? ServerFacts(answer).refusal(inCluster: self == .helloCluster) : nil
    }
}

/// What a server says of itself.
private struct ServerFacts {
    private var facts: [String: String] = [:]

    init(_ answer: RESPValue) {
        let items = answer.items ?? []
        for index in stride(from: 0, to: items.count - 1, by: 2) {
            if let name = items[index].text { facts[name] = items[index + 1].text }
        }
    }

    func refusal(inCluster: Bool) -> RedisFailure? {
        switch (facts["mode"], facts["role"]) {
        case ("sentinel", _): RedisFailure(.connection, "it is a Sentinel; list it under sentinels")
        case ("cluster", _) where !inCluster:
            RedisFailure(.connection, "it is a node of a Redis Cluster: set cluster: true")
        case (let mode, _) where inCluster && mode != "cluster": .noCluster
        case (_, "master"): inCluster && isOld ? .oldCluster : nil
        case (_, let role?): RedisFailure(.connection, "it is a \(role.prefix(32)), not the master")
        case (_, nil): .senseless("no role in its welcome")
        }
    }

    /// Whether it has no publish and subscribe by slots; that came with Redis 7.
    private var isOld: Bool {
        guard let version = facts["version"], let major = Int(version.prefix { $0 != "." }) else { return false }
        return major < 7
    }
}

extension RedisFailure {
    static let noCluster = RedisFailure(
        .connection, "it is a server of its own and no node of a Redis Cluster: take cluster: true away")
    static let oldCluster = RedisFailure(
        .connection, "a Redis Cluster is used by its sharded publish and subscribe, which needs Redis 7 or newer")
}
