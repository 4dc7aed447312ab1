import PluginAPI

/// Apps as the operator sees them (`http.md` 10).
struct SetupRoutes: Sendable {
    let gate: SetupGate
    let registry: AppRegistry

    func declare(on router: RouteCollection<HTTPContext>) {
        router.get("/setup/api/apps", use: gate.allow(list))
        router.post("/setup/api/apps", use: gate.allow(create))
    }

    /// Newest first; keys cannot be shown, since only their hashes are kept.
    private func list(_ request: Request) async throws -> Response {
        let apps = try await registry.list()
        return Response { json in
            json.beginObject()
            json.array("apps", apps) { json, app in
                json.beginObject()
                json.field("id", app.id)
                json.field("name", app.name)
                json.field("created_at", app.createdAt)
                json.endObject()
            }
            json.endObject()
        }
    }

    /// The answer is the only place where the key is ever shown.
    private func create(_ request: Request) async throws -> Response {
        let body = try await request.jsonObject()
        guard let name = body["name"]?.stringValue, !name.isBlank else {
            throw HTTPFailure(.badRequest, "MISSING_NAME", "App name is required")
        }
        let (app, key) = try await registry.create(name: name)
        return Response { json in
            json.beginObject()
            json.key("app")
            json.beginObject()
            json.field("id", app.id)
            json.field("name", app.name)
            json.field("api_key", key)
            json.field("created_at", app.createdAt)
            json.endObject()
            json.endObject()
        }
    }
}
