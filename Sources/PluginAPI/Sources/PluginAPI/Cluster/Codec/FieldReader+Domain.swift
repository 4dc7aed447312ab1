/// The values of the domain out of fields; the other direction is in `FieldWriter+Domain`.
extension FieldReader {
    func message(_ tag: UInt8) throws(Unreadable) -> Message {
        let fields = try nested(tag)
        return Message(
            id: try fields.id(1),
            localID: try fields.id(2),
            conversation: try fields.id(3),
            app: try fields.id(4),
            body: try fields.text(5),
            sender: try fields.word(6),
            status: try fields.word(7),
            sequence: try fields.sequence(8),
            createdAt: try fields.time(9),
            deliveredAt: try fields.optionalInteger(10).map { Timestamp(milliseconds: $0) },
            readAt: try fields.optionalInteger(11).map { Timestamp(milliseconds: $0) })
    }

    func conversation(_ tag: UInt8) throws(Unreadable) -> Conversation {
        let fields = try nested(tag)
        return Conversation(
            id: try fields.id(1),
            visitorID: try fields.id(2),
            app: try fields.id(3),
            device: try fields.id(4),
            userID: try fields.optionalID(5),
            status: try fields.word(6),
            metadata: try fields.object(7),
            createdAt: try fields.time(8),
            updatedAt: try fields.time(9))
    }

    func device(_ tag: UInt8) throws(Unreadable) -> DeviceIdentity {
        let fields = try nested(tag)
        return DeviceIdentity(app: try fields.id(1), device: try fields.id(2))
    }

    func session(_ tag: UInt8) throws(Unreadable) -> ConnectionInfo {
        let fields = try nested(tag)
        return ConnectionInfo(id: try fields.id(1), device: try fields.device(2), connectedAt: try fields.time(3))
    }
}
