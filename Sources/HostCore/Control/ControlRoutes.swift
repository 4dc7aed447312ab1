import PluginAPI

/// What the control socket serves.
struct ControlRoutes: Sendable {
    /// How long a plugin may take to answer.
    private static let patience = Duration.seconds(55)

    let table: ControlTable
    /// The process and its plugins.
    let status: @Sendable () async -> JSONObject
    /// Reads the configuration and follows it.
    let reload: @Sendable () async -> ReloadOutcome
    /// What commands need to read the configuration as this process does.
    let environment: @Sendable () async -> JSONObject

    func declare(_ router: RouteCollection<HTTPContext>) {
        router.get("/status") { _, _ in Response(json: JSONValue.object(await status()).serialized()) }
        router.get("/environment") { _, _ in
            Response(json: JSONValue.object(await environment()).serialized())
        }
        router.post("/reload") { _, _ in
            // The reload goes on when whoever asked has left.
            let outcome = await Task(executorPreference: HostLoop.executor) { await reload() }.value
            return Response(status: outcome.status, json: JSONValue.object(outcome.json).serialized())
        }
        router.post("/plugins/:plugin/:request") { request, context in
            let answer = try table.answer(
                of: context.parameters.get("plugin") ?? "", to: context.parameters.get("request") ?? "")
            let body = try await request.jsonObject()
            // A plugin's code, which must hold up no other answer.
            let outcome = await Bounded.run(for: Self.patience, on: PluginThreads.shared) {
                await Result { try await answer(body) }
            }
            guard let outcome else {
                throw HTTPFailure(
                    .gatewayTimeout, "TIMEOUT", "the plugin did not answer within \(DurationText.format(Self.patience))"
                )
            }
            return Response(json: try outcome.get().serialized())
        }
    }
}
