import Glibc
import Logging
import Metrics
import NIOCore
import PluginAPI

/// The server, from its configuration to its last log line.
public enum ServeProcess {
    public enum Outcome: Sendable {
        /// Stopped as asked.
        case finished
        /// Could not start: the configuration, a plugin or the port.
        case refused(any Error)
    }

    /// Runs until SIGTERM or SIGINT, then drains; one that comes while plugins start is heeded when they have. A second
    /// signal ends the process at once, with code 130, whatever it is doing.
    public static func run(_ configuration: EffectiveConfiguration) async -> Outcome {
        let writer = LogWriter()
        HostLogging.bootstrap(configuration.host.log, writer: writer)
        let signals = await TerminationSignals()
        let hangups = await HangupSignals()
        let assembly = Assembly(configuration, eventLoopCount: configuration.host.server.eventLoops)
        let (firstSignal, watcher) = signals.watch { signal in
            assembly.logger.warning("Ending at once", metadata: ["signal": "\(signal)"])
            writer.flush()
            _exit(130)
        }
        defer { watcher.cancel() }
        MetricsSystem.bootstrap(assembly.services.metrics.process)
        let outcome: Outcome
        do {
            try await serve(assembly, hangups, until: firstSignal)
            outcome = .finished
        } catch {
            outcome = .refused(error)
        }
        await assembly.shutDown()
        writer.flush()
        return outcome
    }

    private static func serve(
        _ assembly: Assembly, _ hangups: HangupSignals, until firstSignal: AsyncStream<String>
    ) async throws {
        let configuration = assembly.configuration
        let logger = assembly.logger
        for notice in configuration.notices {
            logger.log(level: notice.severity == .warning ? .warning : .info, "\(notice)")
        }
        let roster = try assembly.roster()
        let listener = try HTTPListener(assembly)
        try assembly.addHealthRoutes()
        let supervisor = assembly.supervisor(of: roster)
        let live = LiveServer(assembly, supervisor, listener)
        let control = try live.controlSocket()
        let report = try await supervisor.start()
        for row in report.rows { logger.info("Plugin \(row.state.rawValue)", metadata: row.metadata) }
        do {
            try assembly.checkTopology()
            try await listener.start()
            try await control?.start()
        } catch {
            await listener.stopAccepting()
            await supervisor.stop()
            throw error
        }
        assembly.readiness.started(roster)
        let address = listener.url(assembly.configuration.host.server)
        logger.info("Listening", metadata: ["url": "\(address)"])
        StandardOutput.write(report.lines + ["replyhq is listening on \(address)"])

        // Owned here, and left to itself at the end should a reload hang.
        let following = Task { await hangups.forEach { _ = await live.reload(because: "SIGHUP") } }
        defer { following.cancel() }
        await Drain(live: live, control: control).run(after: firstSignal)
    }
}

extension StartReport.Row {
    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = ["plugin": "\(name)", "version": "\(version)", "took": "\(took)"]
        if let reason { metadata["reason"] = "\(reason)" }
        return metadata
    }
}

extension Assembly {
    func addHealthRoutes() throws {
        let health = HealthRoutes(readiness: readiness, clock: SystemClock(), capabilities: services.capabilities)
        try services.routes.addRoutes({ health.declare($0) }, by: "host")
        try services.routes.addHints(configuration.host.server.retiredPaths, by: "host")
    }
}
