import PluginAPI

/// What the control socket serves.
struct ControlRoutes: Sendable {
    let table: ControlTable
    /// The process and its plugins.
    let status: @Sendable () async -> JSONObject
    /// Reads the configuration and follows it.
    let reload: @Sendable () async -> ReloadOutcome

    func declare(_ router: RouteCollection<HTTPContext>) {
        router.get("/status") { _, _ in Response(json: JSONValue.object(await status()).serialized()) }
        router.post("/reload") { _, _ in
            // The reload goes on when whoever asked has left.
            let outcome = await Task { await reload() }.value
            return Response(status: outcome.status, json: JSONValue.object(outcome.json).serialized())
        }
        router.post("/plugins/:plugin/:request") { request, context in
            let answer = try table.answer(
                of: context.parameters.get("plugin") ?? "", to: context.parameters.get("request") ?? "")
            return Response(json: try await answer(request.jsonObject()).serialized())
        }
    }
}
