import PluginAPI

/// Answers, and who is there.
extension AdminHandler {
    func send(_ arguments: [SocketIOValue], _ acknowledge: Acknowledge?) {
        guard principal.may(.sendMessages) else { return refuse(.send, .forbidden, acknowledge) }
        guard let payload = arguments.first?.json,
            let conversation = payload["conversation_id"]?.stringValue, !conversation.isEmpty,
            let body = payload["body"]?.stringValue, !body.isEmpty,
            let localID = Self.localID(payload["local_id"])
        else { return refuse(.send, .invalidPayload, acknowledge) }
        let id = ConversationID(rawValue: conversation)
        guard id.isWellFormed else { return refuse(.send, .conversationNotFound, acknowledge) }
        call(.send, acknowledge) { handler in
            let message = try await handler.namespace.chat.send(
                MessageDraft(localID: localID.id, body: body),
                to: id,
                in: .app(handler.principal.app),
                as: .agent
            )
            return Acknowledgement.success(["message": message.wireObject])
        }
    }

    /// Nil: not a local id. Absent and null let the server make one.
    private static func localID(_ value: JSONValue?) -> (id: LocalMessageID?, Void)? {
        guard let value, !value.isNull else { return (nil, ()) }
        guard let text = value.stringValue, !text.isEmpty, text.utf8.count <= 255 else { return nil }
        return (LocalMessageID(rawValue: text), ())
    }

    func listSessions(_ acknowledge: Acknowledge?) {
        guard principal.may(.viewConversations) else { return refuse(.sessions, .forbidden, acknowledge) }
        call(.sessions, acknowledge) { handler in
            let sessions = await handler.namespace.presence.value?.connections(of: handler.principal.app) ?? []
            let rows = sessions.map { session -> JSONValue in
                [
                    "connectionId": .string(session.id.rawValue),
                    "deviceId": .string(session.device.device.rawValue),
                    "appId": .string(session.device.app.rawValue),
                    "connectedAt": .string(session.connectedAt.iso8601),
                ]
            }
            return [.json(["sessions": .array(rows)])]
        }
    }
}
