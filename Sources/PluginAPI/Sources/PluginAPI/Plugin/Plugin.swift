public import ServiceLifecycle

/// Describes a plugin and makes it. The exported entry of a plugin's image hands one over.
public protocol PluginFactory: Sendable {
    /// What the plugin is, before anything of it is made.
    var descriptor: PluginDescriptor { get }

    /// Makes the plugin from its settings. No input or output happens here: `replyhq check --offline` calls it. Throw
    /// what is wrong with the settings.
    func make(_ context: PluginContext) throws -> any Plugin
}

/// A running feature. Its life, always in this order:
///
/// 1. `PluginFactory.make(_:)`: settings are read, nothing is opened.
/// 2. ``start()``: opens what it needs, provides its capabilities and makes its contributions. What it requires has
///    started before. When it returns the plugin is ready; when it throws, the host takes everything back.
/// 3. ``run()``: its long work, if any, until the task is cancelled or a graceful shutdown begins.
/// 4. ``drain(until:)``: the process is about to stop, and nothing new arrives: tell the guests, finish what is under way.
/// 5. ``stop()``: closes what it opened. Called once after a start, whether or not that succeeded; dependents have
///    stopped before. Afterwards the host takes back every contribution.
public protocol Plugin: Service {
    /// Opens what the plugin needs and makes its contributions. Throws what keeps it from running. The host waits
    /// `start_timeout` for it (30 s unless configured), cancels it then, and counts the plugin as failed.
    func start() async throws
    /// Tells the guests and finishes what is under way; the host waits no longer than the deadline.
    func drain(until deadline: NIODeadline) async
    /// Closes what was opened. The host waits a bounded time for it.
    func stop() async
}

extension Plugin {
    /// No long work: waits for the end.
    public func run() async throws {
        try await gracefulShutdown()
    }

    /// Has no guests.
    public func drain(until deadline: NIODeadline) async {}

    /// Has nothing to close.
    public func stop() async {}
}
