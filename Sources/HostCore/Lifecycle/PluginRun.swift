import PluginAPI

/// The long work of a plugin that has started.
struct PluginRun: Sendable {
    private let task: Task<Void, Never>
    private let end = Race<Void>()

    init(_ instance: PluginInstance) {
        // Cancelled by the supervisor; not waited for by its value, which could take the lock that a handler of
        // cancellation holds when it hangs.
        task = Task(executorPreference: instance.threads) { [end] in
            await instance.run()
            end.finish(with: ())
        }
    }

    func cancel() { task.cancelOnOtherThread() }

    /// Returns when it has ended. For one caller.
    func ended() async { _ = await end.outcome }
}
