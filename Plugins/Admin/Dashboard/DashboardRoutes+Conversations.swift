import PluginAPI

extension DashboardRoutes {
    func listConversations(_ admin: AdminRequest) async throws -> Response {
        let query = try ListQuery(admin.request.uri.query)
        let rows = try await store.conversationRows(
            of: admin.app, status: query.status(), after: query.cursor, limit: query.limit + 1)
        let online = await onlineDevices(of: admin.app)
        return Response { json in
            query.write("conversations", rows, to: &json) { json, row in
                json.conversationRow(row, isOnline: online.contains(row.conversation.device))
            } cursor: {
                PageCursor(at: $0.conversation.updatedAt, id: $0.conversation.id.rawValue)
            }
        }
    }

    /// Answers the row that is already there, if there is one.
    func createConversation(_ admin: AdminRequest) async throws -> Response {
        let body = try NewConversationBody(await admin.request.jsonObject(), in: admin.app)
        let conversation = try await chat.openConversation(
            for: DeviceIdentity(app: admin.app, device: body.device), user: body.user.map { UserProfile(id: $0) },
            deviceContext: body.deviceContext)
        return .conversation(conversation)
    }

    /// Resolves or reopens; the event to other agents is the chat's.
    func updateConversation(_ admin: AdminRequest) async throws -> Response {
        let body = try await admin.request.jsonObject()
        guard let status = body["status"]?.stringValue.flatMap(ConversationStatus.init(rawValue:)) else {
            throw ListQuery.invalidStatus
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
