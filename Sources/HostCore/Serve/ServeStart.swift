import Logging
import NIOCore
import PluginAPI

/// The start of the server: its parts, and their steps up to the open port.
struct ServeStart: Sendable {
    let live: LiveServer
    let control: ControlSocket?
    private let assembly: Assembly
    private let watch: ProcessWatch

    /// - Throws: what is wrong with the listener's files or the control socket's place.
    init(_ assembly: Assembly, _ watch: ProcessWatch) throws {
        self.assembly = assembly
        self.watch = watch
        let listener = try HTTPListener(assembly)
        try assembly.addHealthRoutes()
        live = LiveServer(assembly, assembly.supervisor(of: .empty), listener, watch: watch)
        control = try live.controlSocket()
    }

    /// Loads, makes and starts the plugins, and opens the port last. Commands can ask how far it is.
    ///
    /// - Throws: what keeps the server from serving; `CancellationError` when it was told to end meanwhile.
    func run() async throws {
        let logger = assembly.logger
        for notice in assembly.configuration.notices {
            logger.log(level: notice.severity == .warning ? .warning : .info, "\(notice)")
        }
        try await control?.start()
        let roster = try await DedicatedThread.run(named: "prepare") { [assembly] in try assembly.roster() }
        try Task.checkCancellation()
        await live.supervisor.adopt(roster)
        assembly.readiness.show(roster)
        let report = try await live.supervisor.start()
        for row in report.rows { logger.info("Plugin \(row.state.rawValue)", metadata: row.metadata) }
        try Task.checkCancellation()
        try assembly.checkTopology()
        guard watch.serve() else { throw CancellationError() }
        try await live.listener.start()
        await live.serve()
        assembly.readiness.started(roster)
        assembly.stalls.begin()
        let address = live.listener.url(assembly.configuration.host.server)
        logger.info("Listening", metadata: ["url": "\(address)"])
        await StandardOutput.write(report.lines + ["replyhq is listening on \(address)"])
    }

    /// Stops whatever has been started.
    func undo(until deadline: NIODeadline = .distantFuture) async {
        await live.listener.stopAccepting()
        await live.supervisor.stop(until: deadline)
        await control?.stop()
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
