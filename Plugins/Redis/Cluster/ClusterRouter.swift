import PluginAPI
import Synchronization

/// Which connection takes what, for every thread: written by ``ClusterServers``, read by whoever sends.
final class ClusterRouter: Sendable {
    /// A node's connection for commands.
    struct Route: Sendable {
        var address: RedisAddress
        var commands: RedisCommands
        /// Whether it takes commands at the moment.
        var isReady = false
    }

    private struct State {
        var map: SlotMap?
        var routes: [RedisAddress: Route] = [:]
        /// Why nothing can be sent while there is no map.
        var failure = RedisFailure(.connection, "not connected yet")
    }

    private let state = Mutex(State())
    /// What goes by time happens there.
    let eventLoop: any EventLoop
    /// Asks for a new map, and for a connection to an address that is in none; from any thread.
    private let want: @Sendable (RedisAddress?) -> Void

    init(on eventLoop: any EventLoop, want: @escaping @Sendable (RedisAddress?) -> Void) {
        self.eventLoop = eventLoop
        self.want = want
    }

    /// Where something goes that has this key, or any if it has none.
    func route(for key: String?) throws(RedisFailure) -> Route {
        let slot = key.map(KeySlot.of)
        let result: Result<Route, RedisFailure> = state.withLock { state in
            guard let map = state.map else { return .failure(state.failure) }
            let address = slot.map { map.owner(of: $0) } ?? map.masters.first { state.routes[$0]?.isReady == true }
            guard let address, let route = state.routes[address] else {
                return .failure(RedisFailure(.connection, "no node of the cluster has the slot"))
            }
            return .success(route)
        }
        return try result.get()
    }

    /// The connection to a node that commands were sent on to, if it can be used.
    func route(to address: RedisAddress) -> Route? {
        state.withLock { $0.routes[address].flatMap { $0.isReady ? $0 : nil } }
    }

    /// All masters with slots.
    var masters: [Route] {
        state.withLock { state in state.map?.masters.compactMap { state.routes[$0] } ?? [] }
    }

    var load: Int {
        state.withLock { Array($0.routes.values) }.reduce(0) { $0 + $1.commands.load }
    }

    /// A node said that what we know is not so.
    ///
    /// - Parameter address: where it sent us, if it is not known.
    func wantRefresh(and address: RedisAddress? = nil) { want(address) }

    func change(_ routes: [RedisAddress: Route], _ map: SlotMap?) {
        state.withLock { ($0.routes, $0.map) = (routes, map) }
    }

    /// Nothing can be sent any more.
    func close() {
        state.withLock { $0 = State(failure: .closed) }
    }
}
