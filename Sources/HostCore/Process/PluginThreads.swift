import Dispatch
import PluginAPI
import Synchronization

/// Threads for the tasks in which a plugin's code is called, apart from those that all tasks of the process share: a
/// plugin that blocks in its steps, or in child tasks of theirs, holds up itself and nobody else.
///
/// Threads come as they are needed, up to a limit, and go when they have been idle. A task that a plugin starts by itself
/// (`Task { … }`) runs on the shared ones.
final class PluginThreads: TaskExecutor {
    /// What requires no plugin's own: health checks and answers on the control socket.
    static let shared = PluginThreads(named: "plugins")

    private struct State {
        /// In the order of their arrival, from `next` on.
        var jobs: [UnownedJob] = []
        var next = 0
        var threads = 0
        var idle = 0
        var isRetired = false

        var waiting: Int { jobs.count - next }

        mutating func take() -> UnownedJob? {
            guard next < jobs.count else { return nil }
            defer {
                next += 1
                if next == jobs.count { (jobs, next) = ([], 0) }
            }
            return jobs[next]
        }
    }

    private let name: String
    private let limit: Int
    private let patience: DispatchTimeInterval
    private let state = Mutex(State())
    private let arrivals = DispatchSemaphore(value: 0)

    /// How many there are.
    var count: Int { state.withLock { $0.threads } }

    /// - Parameters:
    ///   - name: for `top -H` and debuggers; the first 15 bytes are shown.
    ///   - limit: the most threads at once.
    ///   - patience: how long a thread stays without work.
    init(named name: String, limit: Int = 64, patience: DispatchTimeInterval = .seconds(1)) {
        self.name = name
        self.limit = limit
        self.patience = patience
    }

    /// The plugin has come to its end: threads go as soon as they have no work. Later work is still done.
    func retire() {
        let idle = state.withLock { state in
            state.isRetired = true
            return state.idle
        }
        for _ in 0..<idle { arrivals.signal() }
    }

    /// Called by the runtime.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let needsThread = state.withLock { state in
            state.jobs.append(job)
            guard state.waiting > state.idle, state.threads < limit else { return false }
            state.threads += 1
            return true
        }
        arrivals.signal()
        guard needsThread, !DedicatedThread.start(named: name, { self.work() }) else { return }
        // The system has none to give; the next arrival tries again.
        state.withLock { $0.threads -= 1 }
    }

    private func work() {
        while true {
            state.withLock { $0.idle += 1 }
            let hasArrival = arrivals.wait(timeout: .now() + patience) == .success
            let (job, isOver) = state.withLock { state -> (UnownedJob?, Bool) in
                state.idle -= 1
                let job = state.take()
                guard job == nil, !hasArrival || state.isRetired else { return (job, false) }
                state.threads -= 1
                return (nil, true)
            }
            job?.runSynchronously(on: asUnownedTaskExecutor())
            if isOver { return }
        }
    }
}
