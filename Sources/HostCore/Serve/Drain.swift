import Logging
import NIOCore
import PluginAPI

/// The end of a process: close the door, tell the guests, finish the sentences, lock the rooms.
struct Drain: Sendable {
    let live: LiveServer
    let control: ControlSocket?

    /// Waits for the first signal, then drains within the configured deadline.
    func run(after firstSignal: AsyncStream<String>) async {
        for await signal in firstSignal { await drain(signal) }
    }

    private func drain(_ signal: String) async {
        let (assembly, listener, supervisor) = (live.assembly, live.listener, live.supervisor)
        let limit = await live.current.host.shutdown.deadline
        let began = ContinuousClock.now
        let deadline = NIODeadline.now() + .nanoseconds(limit.wholeNanoseconds)
        let logger = assembly.logger
        logger.info("Draining", metadata: ["signal": "\(signal)", "deadline": "\(limit)"])
        assembly.readiness.stopAccepting()
        await listener.stopAccepting()
        // A reload under way is not finished, only brought to an end; the guests are to be told in any case.
        _ = await Bounded.run(for: limit / 2) { [live] in await live.end() }
        // Requests under way finish while the guests are told.
        async let told: Void = supervisor.drain(until: deadline)
        await listener.drain(until: deadline)
        await told
        await control?.stop()
        await supervisor.stop()
        logger.info("Stopped", metadata: ["took": "\(ContinuousClock.now - began)"])
    }
}
