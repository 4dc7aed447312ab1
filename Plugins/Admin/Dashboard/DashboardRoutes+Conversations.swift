import PluginAPI

extension DashboardRoutes {
    func listConversations(_ admin: AdminRequest) async throws -> Response {
        let query = try ListQuery(admin.request.uri.query)
        let rows = try await store.conversationRows(of: admin.app, after: query.cursor, limit: query.limit + 1)
        let page = query.page(of: rows) { PageCursor(at: $0.conversation.updatedAt, id: $0.conversation.id.rawValue) }
        let online = await onlineDevices(of: admin.app)
        return Response { json in
            json.beginObject()
            json.array("conversations", page.rows) { json, row in
                json.conversationRow(row, isOnline: online.contains(row.conversation.device))
            }
            json.fieldIfPresent("next_cursor", page.next?.text)
            json.endObject()
        }
    }

    /// Answers the row that is already there, if there is one.
    func createConversation(_ admin: AdminRequest) async throws -> Response {
        let body = try NewConversationBody(await admin.request.jsonObject())
        let conversation = try await chat.openConversation(
            for: DeviceIdentity(app: admin.app, device: body.device), user: body.user.map { UserProfile(id: $0) },
            deviceContext: body.deviceContext)
        return .conversation(conversation)
    }

    /// Resolves or reopens; the event to other agents is the chat's.
    func updateConversation(_ admin: AdminRequest) async throws -> Response {
        let body = try await admin.request.jsonObject()
        guard let status = body["status"]?.stringValue.flatMap(ConversationStatus.init(rawValue:)) else {
            throw HTTPFailure(
                .badRequest, "INVALID_STATUS", "Invalid status", message: "status must be open or resolved")
        }
        return .conversation(try await chat.setStatus(status, of: admin.conversation, in: admin.scope))
    }

    func showStats(_ admin: AdminRequest) async throws -> Response {
        let counts = try await store.conversationCounts(of: admin.app)
        let online = await onlineDevices(of: admin.app).count
        return Response { json in
            json.beginObject()
            json.field("total_conversations", counts.open + counts.resolved)
            json.field("open_conversations", counts.open)
            json.field("resolved_conversations", counts.resolved)
            json.field("online_conversations", online)
            json.field("generated_at", clock.now)
            json.endObject()
        }
    }
}

extension Response {
    /// `{"conversation":…}`, as the dashboard's writing routes answer it.
    fileprivate static func conversation(_ conversation: Conversation) -> Response {
        Response { json in
            json.beginObject()
            json.key("conversation")
            json.beginObject()
            json.field("id", conversation.id)
            json.field("device_id", conversation.device)
            json.nullable("user_id", conversation.userID?.rawValue)
            json.field("status", conversation.status.rawValue)
            json.field("created_at", conversation.createdAt)
            json.field("updated_at", conversation.updatedAt)
            json.endObject()
            json.endObject()
        }
    }
}
