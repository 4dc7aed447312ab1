import PluginAPI

/// `/health` for clients (`http.md` 6.11), `/livez` and `/readyz` for operators.
struct HealthRoutes: Sendable {
    let readiness: Readiness
    let clock: any WallClock
    let capabilities: CapabilityRegistry

    func declare(_ router: RouteCollection<HTTPContext>) {
        router.get("/health") { _, _ in health() }
        router.get("/livez") { _, _ in Response { $0.raw(ByteBuffer(string: #"{"status":"ok"}"#)) } }
        router.get("/readyz") { _, _ in await ready() }
    }

    /// Alive, and how many clients are connected to this node.
    private func health() -> Response {
        let connections = capabilities.value(of: .presence)?.localConnectionCount ?? 0
        return Response { json in
            json.beginObject()
            json.field("status", "ok")
            json.field("timestamp", clock.now)
            json.field("websocket_connections", connections)
            json.endObject()
        }
    }

    private func ready() async -> Response {
        let report = await readiness.report()
        return Response(status: report.isReady ? .ok : .serviceUnavailable) { json in
            json.beginObject()
            json.field("status", report.isReady ? "ready" : "not ready")
            json.fieldIfPresent("reason", report.stalled.isEmpty ? nil : report.stalled.joined(separator: "; "))
            json.key("plugins")
            json.beginArray()
            for plugin in report.plugins {
                json.beginObject()
                json.field("name", plugin.name)
                json.field("version", plugin.version)
                json.field("required", plugin.isRequired)
                json.field("state", plugin.health.state.rawValue)
                json.fieldIfPresent("reason", plugin.health.reason)
                json.field("since", plugin.health.since)
                json.endObject()
            }
            for plugin in report.leftOut {
                json.beginObject()
                json.field("name", plugin.name)
                json.field("required", false)
                json.field("state", PluginState.failed.rawValue)
                json.field("reason", plugin.reason)
                json.endObject()
            }
            json.endArray()
            json.endObject()
        }
    }
}
