import PluginAPI

/// The connections to the masters of a Redis Cluster, two to each, by a map of slots that is asked for whenever
/// something speaks for a change. Everything happens on one event loop.
///
/// It takes commands, as a whole, while every slot has a master that does; it hears while everything that is wanted is
/// subscribed to where it belongs; it carries while what is published at each master comes back from there.
final class ClusterServers: ServerConnections, @unchecked Sendable {  // Mutable state is touched on its loop only.
    /// How long a connection is kept to a node that has no slots, after commands were sent on to it.
    static let guestTime = TimeAmount.seconds(60)

    let eventLoop: any EventLoop
    let options: RedisOptions
    let makeNode: (RedisAddress, ClusterServers) -> ClusterNode
    let seeds: [RedisAddress]
    let guide: ClusterGuide
    let timer: DeadlineTimer
    let listener: ConnectionListener
    var router: ClusterRouter { commandsByKey.router }
    private let commandsByKey: ClusterCommands
    var nodes: [RedisAddress: ClusterNode] = [:]
    var map: SlotMap?
    /// By master, a text whose slot it has.
    var tags: [RedisAddress: String] = [:]
    var channels = ChannelPlaces()
    var plan: RefreshPlan
    var told = (takes: false, hears: false, probed: ServerProbe.Verdict())
    var lastFailure: RedisFailure?
    /// Maps in a row that were older than the one we have.
    var staleCount = 0

    var commands: any CommandSending { commandsByKey }
    var subscriptions: any ChannelSubscribing { self }

    /// - Parameter seeds: not empty.
    init(
        seeds: [RedisAddress], _ dialer: RedisDialer, _ options: RedisOptions, on eventLoop: any EventLoop,
        scripts: [RedisScript], meters: RedisMeters, listener: ConnectionListener
    ) {
        self.seeds = seeds
        self.eventLoop = eventLoop
        self.options = options
        self.listener = listener
        guide = ClusterGuide(greeting: RedisOptions.greeting(options.credentials).map(\.command), dialer: dialer)
        timer = DeadlineTimer(on: eventLoop)
        plan = RefreshPlan(now: eventLoop.now)
        makeNode = { address, servers in
            ClusterNode(address, dialer, options, on: eventLoop, scripts: scripts, meters: meters, of: servers)
        }
        let wanted = Wanted()
        commandsByKey = ClusterCommands(
            router: ClusterRouter(on: eventLoop) { address in
                eventLoop.execute { wanted.servers?.want(address) }
            })
        wanted.servers = self
    }

    func start() { look() }

    func close() {
        plan.close()
        timer.cancel()
        router.close()
        map = nil
        let all = nodes.values
        nodes = [:]
        for node in all { node.close() }
        told = (false, false, ServerProbe.Verdict())
    }

    /// Ways back from other threads, which must not keep it.
    private final class Wanted: @unchecked Sendable {  // Set once, before anybody reads.
        weak var servers: ClusterServers?
    }
}
