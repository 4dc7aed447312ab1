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
            reload: { await self.reload(because: "the control socket") })
        let socket = try ControlSocket(
            configuration.host.control, of: configuration.path, loops: assembly.eventLoops, logger: assembly.logger,
            routes: routes)
        if socket == nil {
            assembly.logger.warning("There is no place for a control socket; state one in control.socket")
        }
        return socket
    }

    /// The process and its plugins, as `replyhq plugins` shows them.
    private func status(since began: Timestamp) async -> JSONObject {
        let report = await assembly.readiness.report()
        let plugins = report.plugins.map { plugin -> JSONValue in
            var object: JSONObject = [
                "name": .string(plugin.name), "version": .string(plugin.version), "required": .bool(plugin.isRequired),
                "state": .string(plugin.health.state.rawValue), "since": .string(plugin.health.since.iso8601),
            ]
            object["reason"] = plugin.health.reason.map { .string($0) }
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
            "ready": .bool(report.isReady),
            "connections": .int(Int64(listener.connectionCount)),
            "plugins": .array(plugins + leftOut),
        ]
    }
}
