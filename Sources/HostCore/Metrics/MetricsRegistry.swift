import Logging
import PluginAPI
import Synchronization

/// The series of everybody who runs.
///
/// A series belongs to a scope, and a scope to one instance of a plugin. At a reload the next instance is made, with its
/// handles, while the one before still runs: so a scope is seen from its instance's start to its end and not before.
final class MetricsRegistry: Sendable {
    private let scopes: Mutex<[MetricsScope]>
    /// For whoever makes metrics without a context, such as a library; stays as long as the process.
    let process: MetricsScope

    init(logger: Logger = Logger(label: "replyhq")) {
        process = MetricsScope(owner: "host", help: ListenerMeters.help, logger: logger)
        scopes = Mutex([process])
    }

    /// The series of an instance that starts are read from now on.
    func show(_ scope: MetricsScope) {
        scopes.withLock { $0.append(scope) }
    }

    /// Takes back every series of a plugin.
    func removeAll(owner: String) {
        let gone = scopes.withLock { scopes in
            let gone = scopes.filter { $0.owner == owner && $0 !== process }
            scopes.removeAll { scope in gone.contains { $0 === scope } }
            return gone
        }
        for scope in gone { scope.close() }
    }

    func read() -> [MetricReading] {
        scopes.withLock { $0 }.flatMap { $0.read() }
    }
}
