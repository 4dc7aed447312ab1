/// The values of the domain as fields; the other direction is in `FieldReader+Domain`.
extension FieldWriter {
    mutating func message(_ tag: UInt8, _ message: Message) {
        nested(tag) { fields in
            fields.text(1, message.id.rawValue)
            fields.text(2, message.localID.rawValue)
            fields.text(3, message.conversation.rawValue)
            fields.text(4, message.app.rawValue)
            fields.text(5, message.body)
            fields.text(6, message.sender.rawValue)
            fields.text(7, message.status.rawValue)
            fields.integer(8, message.sequence)
            fields.integer(9, message.createdAt.milliseconds)
            fields.integer(10, message.deliveredAt?.milliseconds)
            fields.integer(11, message.readAt?.milliseconds)
        }
    }

    mutating func conversation(_ tag: UInt8, _ conversation: Conversation) {
        nested(tag) { fields in
            fields.text(1, conversation.id.rawValue)
            fields.text(2, conversation.visitorID.rawValue)
            fields.text(3, conversation.app.rawValue)
            fields.text(4, conversation.device.rawValue)
            fields.text(5, conversation.userID?.rawValue)
            fields.text(6, conversation.status.rawValue)
            fields.bytes(7, JSONValue.object(conversation.metadata).serialized())
            fields.integer(8, conversation.createdAt.milliseconds)
            fields.integer(9, conversation.updatedAt.milliseconds)
        }
    }

    mutating func device(_ tag: UInt8, _ device: DeviceIdentity) {
        nested(tag) { fields in
            fields.text(1, device.app.rawValue)
            fields.text(2, device.device.rawValue)
        }
    }

    mutating func session(_ tag: UInt8, _ session: ConnectionInfo) {
        nested(tag) { fields in
            fields.text(1, session.id.rawValue)
            fields.device(2, session.device)
            fields.integer(3, session.connectedAt.milliseconds)
        }
    }
}
