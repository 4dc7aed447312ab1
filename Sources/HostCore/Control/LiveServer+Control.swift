import Glibc
import PluginAPI

extension LiveServer {
    /// The control socket of this process, not yet open; nil if there is to be none, or is no place for one.
    ///
    /// - Throws: ``ControlSocketError`` for a stated path that cannot be used.
    nonisolated func controlSocket() throws -> ControlSocket? {
        let configuration = assembly.configuration
        guard configuration.host.control.isEnabled else { return nil }
        let began = Timestamp.now()
        let routes = ControlRoutes(
            table: assembly.services.controls,
            status: { await self.status(since: began) },
            reload: { await self.reload(because: "the control socket") },
            environment: { await self.environment() })
        let socket = try ControlSocket(
            configuration.host.control, of: configuration.path, loops: HostLoop.group, logger: assembly.logger,
            routes: routes)
        if socket == nil {
            assembly.logger.warning("There is no place for a control socket; state one in control.socket")
        }
        return socket
    }

    /// The folder and the variables with which this process reads its file. Only its own user and root hear it, who could
    /// read them from `/proc` as well.
    private func environment() async -> JSONObject {
        let (path, variables) = (current.path, variables)
        return
            (try? await DedicatedThread.run(named: "environment") {
                ServerEnvironment.statement(of: path, variables)
            }) ?? [:]
    }

    /// The process and its plugins, as `replyhq plugins` shows them.
    private func status(since began: Timestamp) async -> JSONObject {
        let report = await assembly.readiness.report()
        let waiting = assembly.steps.lines()
        let plugins = report.plugins.map { plugin -> JSONValue in
            var object: JSONObject = [
                "name": .string(plugin.name), "version": .string(plugin.version), "required": .bool(plugin.isRequired),
                "state": .string(plugin.health.state.rawValue), "since": .string(plugin.health.since.iso8601),
            ]
            let step = assembly.steps.lines(of: plugin.name).first
            object["reason"] = (plugin.health.reason ?? step).map { .string($0) }
            return .object(object)
        }
        // Not made yet.
        let listed = report.plugins.isEmpty && phase == .starting ? current.host.plugins.filter(\.isEnabled) : []
        let expected = listed.map { plugin -> JSONValue in
            var object: JSONObject = [
                "name": .string(plugin.name), "required": .bool(plugin.isRequired),
                "state": .string(PluginState.starting.rawValue), "since": .string(began.iso8601),
            ]
            object["reason"] = assembly.steps.lines(of: plugin.name).first.map { .string($0) }
            return .object(object)
        }
        let leftOut = report.leftOut.map { plugin in
            JSONValue.object([
                "name": .string(plugin.name), "required": .bool(false),
                "state": .string(PluginState.failed.rawValue), "reason": .string(plugin.reason),
            ])
        }
        return [
            "pid": .int(Int64(getpid())),
            "version": .string(HostVersion.number),
            "configuration": current.path.map { .string(ControlPlace.absolute($0)) } ?? .null,
            "url": .string(listener.url(current.host.server)),
            "since": .string(began.iso8601),
            "state": .string(phase.rawValue),
            "ready": .bool(report.isReady),
            "waiting_for": .array(waiting.map { .string($0) }),
            "stalled": .array(report.stalled.map { .string($0) }),
            "connections": .int(Int64(listener.connectionCount)),
            "plugins": .array(plugins + expected + leftOut),
        ]
    }
}
