import PluginAPI

/// What `replyhq check` does: everything that serving does up to the listener.
public enum CheckRun {
    /// - Returns: the report, a line for each plugin.
    /// - Throws: ``PluginRosterError``, ``PluginStartError`` or ``CheckFailure``.
    public static func run(_ configuration: EffectiveConfiguration, offline: Bool) async throws -> [String] {
        // What plugins warn of is what a check is for.
        HostLogging.quiet(.warning)
        defer { HostLogging.flush() }
        let assembly = Assembly(configuration, eventLoopCount: 1)
        let lines: [String]
        do {
            lines = try await check(assembly, offline: offline)
        } catch {
            await assembly.shutDown()
            throw error
        }
        await assembly.shutDown()
        return lines
    }

    private static func check(_ assembly: Assembly, offline: Bool) async throws -> [String] {
        let roster = try await DedicatedThread.run(named: "prepare") { try assembly.roster() }
        _ = try HTTPListener(assembly)
        guard !offline else {
            return StartReport(loaded: roster).lines
        }
        let supervisor = assembly.supervisor(of: roster)
        let report = try await supervisor.start()
        do {
            try assembly.checkTopology()
        } catch {
            await supervisor.stop()
            throw error
        }
        assembly.readiness.started(roster)
        let readiness = await assembly.readiness.report()
        await supervisor.stop()
        if !readiness.isReady {
            let failing = readiness.plugins.filter { $0.health.state == .failed }
            throw CheckFailure(failing.map { "\($0.name): \($0.health.reason ?? "failed")" })
        }
        return report.lines
    }
}

/// Plugins that started and still do not work.
public struct CheckFailure: Error, CustomStringConvertible {
    public let description: String

    init(_ lines: [String]) { description = lines.joined(separator: "\n") }
}
