import PluginAPI

extension DashboardRoutes {
    func listUsers(_ admin: AdminRequest) async throws -> Response {
        let query = try ListQuery(admin.request.uri.query)
        try query.refuseStatus()
        let rows = try await store.userRows(of: admin.app, after: query.cursor, limit: query.limit + 1)
        let online = await onlineDevices(of: admin.app)
        return Response { json in
            query.write("users", rows, to: &json) { json, row in
                json.userRow(row, isOnline: row.deviceIDs.contains { online.contains($0) })
            } cursor: {
                PageCursor(at: $0.lastSeenAt, id: $0.key.description)
            }
        }
    }

    func showUser(_ admin: AdminRequest) async throws -> Response {
        guard let key = UserKey(admin.context.pathParameter("key")), !key.description.holdsNUL else {
            throw HTTPFailure(
                .badRequest, "INVALID_USER_KEY", "Invalid user key", message: "Expected user:<id> or device:<id>")
        }
        let query = try ListQuery(admin.request.uri.query)
        try query.refuseStatus()
        let rows = try await store.conversations(
            of: key, app: admin.app, after: query.cursor, limit: query.limit + 1)
        let detail = UserDetail(
            key: key,
            summary: try await store.person(key, app: admin.app),
            devices: try await store.devices(of: key, app: admin.app))
        let online = await onlineDevices(of: admin.app)
        let known = detail.deviceIDs.union(rows.map(\.conversation.device))
        return Response { json in
            json.beginObject()
            json.key("user")
            json.userDetail(detail, isOnline: !online.isDisjoint(with: known))
            // A name that thousands of devices share must not fill the memory of a page.
            query.writeFields("conversations", rows, to: &json) { json, row in
                json.conversationRow(row, isOnline: online.contains(row.conversation.device))
            } cursor: {
                PageCursor(at: $0.conversation.updatedAt, id: $0.conversation.id.rawValue)
            }
            json.array("broadcasts", [JSONValue]()) { $0.value($1) }
            json.endObject()
        }
    }
}
