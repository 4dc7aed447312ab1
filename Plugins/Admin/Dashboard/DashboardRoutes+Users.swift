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
        let query = ListQuery(lenient: admin.request.uri.query)
        let rows = try await conversations(of: key, app: admin.app, query)
        let detail = UserDetail(
            key: key,
            summary: try await store.person(key, app: admin.app),
            devices: try await store.devices(of: key, app: admin.app))
        let online = await onlineDevices(of: admin.app)
        return Response { json in
            json.beginObject()
            json.key("user")
            json.userDetail(detail, isOnline: !online.isDisjoint(with: detail.deviceIDs))
            // A name that thousands of devices share must not fill the memory of a page.
            query.writeFields("conversations", rows, to: &json) { json, row in
                json.conversationRow(row, isOnline: online.contains(row.conversation.device))
            } cursor: {
                Self.cursor(behind: $0)
            }
            json.array("broadcasts", [JSONValue]()) { $0.value($1) }
            json.endObject()
        }
    }

    /// The rows of a page and the one behind it, which tells whether there is more.
    private func conversations(of key: UserKey, app: AppID, _ query: ListQuery) async throws -> [ConversationRow] {
        let rows = try await store.conversations(of: key, app: app, after: query.cursor, limit: query.limit + 1)
        guard query.limit == ListQuery.mostRows, rows.count == query.limit, let last = rows.last else { return rows }
        // Stores give no more at once.
        return rows + (try await store.conversations(of: key, app: app, after: Self.cursor(behind: last), limit: 1))
    }

    private static func cursor(behind row: ConversationRow) -> PageCursor {
        PageCursor(at: row.conversation.updatedAt, id: row.conversation.id.rawValue)
    }
}
