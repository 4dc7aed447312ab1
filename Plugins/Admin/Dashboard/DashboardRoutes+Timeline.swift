import PluginAPI

extension DashboardRoutes {
    /// What became of one message; of another app's as of one that does not exist.
    func showTimeline(_ admin: AdminRequest) async throws -> Response {
        let id = MessageID(admin.context.pathParameter("id"))
        guard id.isWellFormed, let message = try await store.message(id, in: admin.app) else {
            throw ChatError.messageNotFound()
        }
        let timeline = MessageTimeline(message, try await store.pushRecord(of: id, in: admin.app))
        return Response { $0.timeline(timeline) }
    }
}

extension JSONWriter {
    mutating func timeline(_ timeline: MessageTimeline) {
        beginObject()
        field("message_id", timeline.message.id)
        field("conversation_id", timeline.message.conversation)
        field("sender", timeline.message.sender.rawValue)
        field("status", timeline.message.status.rawValue)
        array("timeline", timeline.steps) { json, step in
            json.beginObject()
            json.field("step", step.kind.rawValue)
            json.field("at", step.at)
            json.nullable("detail", step.detail)
            json.endObject()
        }
        key("push")
        if let push = timeline.push { self.push(push) } else { null() }
        endObject()
    }

    private mutating func push(_ push: PushRecord) {
        beginObject()
        field("device_id", push.device.device)
        field("state", push.state.rawValue)
        nullable("hold", push.state == .waiting ? push.hold?.rawValue : nil)
        nullable("due_at", push.dueAt)
        field("attempts", push.attempts)
        nullable("detail", push.detail)
        endObject()
    }
}
