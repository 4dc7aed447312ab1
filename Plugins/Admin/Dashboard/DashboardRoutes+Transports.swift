import PluginAPI

extension DashboardRoutes {
    /// Which devices still come which way, for whoever wants to retire an old one.
    func listTransports(_ admin: AdminRequest) async throws -> Response {
        let now = clock.now
        let lines = try await store.usage(of: admin.app, at: now)
        return Response { json in
            json.beginObject()
            json.array("transports", lines) { json, line in json.transportUsage(line, at: now) }
            json.endObject()
        }
    }
}
