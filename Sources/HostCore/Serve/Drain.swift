import Logging
import NIOCore
import PluginAPI

/// The end of a process that serves: nobody new comes in, guests are told, requests under way finish, plugins stop.
///
/// Each step has a limit of its own, also those in which only the host waits for its event loops: a plugin may hold one.
struct Drain: Sendable {
    let live: LiveServer
    let control: ControlSocket?

    /// - Returns: whether everything came to its end.
    func run(because signal: String) async -> Bool {
        let (assembly, listener, supervisor) = (live.assembly, live.listener, live.supervisor)
        let limit = await live.current.host.shutdown.deadline
        let began = ContinuousClock.now
        let deadline = NIODeadline.now() + .nanoseconds(limit.wholeNanoseconds)
        let logger = assembly.logger
        logger.info("Draining", metadata: ["signal": "\(signal)", "deadline": "\(limit)"])
        assembly.readiness.stopAccepting()
        _ = await Bounded.run(for: .seconds(1)) { await listener.stopAccepting() }
        // A reload under way is not finished, only brought to an end; the guests are to be told in any case.
        _ = await Bounded.run(for: limit / 2) { [live] in await live.end() }
        // Requests under way finish while the guests are told.
        async let told: Void = supervisor.drain(until: deadline)
        _ = await Bounded.run(until: deadline + .milliseconds(200)) { await listener.drain(until: deadline) }
        await told
        await supervisor.stop(until: deadline + Termination.stopLimit(after: limit).deadlineAmount)
        await control?.stop()
        let left = await supervisor.leftBehind
        guard left.isEmpty else {
            logger.critical(
                "Not everything has stopped",
                metadata: ["unfinished": "\(left.joined(separator: "; "))", "took": "\(ContinuousClock.now - began)"])
            return false
        }
        logger.info("Stopped", metadata: ["took": "\(ContinuousClock.now - began)"])
        return true
    }
}
