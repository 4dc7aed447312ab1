extension ClusterRecord {
    /// The record's kind and fields; nil for an event that does not travel.
    func encoded() -> (kind: ClusterRecordKind, fields: ByteBuffer)? {
        var fields = FieldWriter()
        switch self {
        case .heartbeat(let heartbeat):
            heartbeat.write(to: &fields)
            return (.heartbeat, fields.buffer)
        case .messageReference(let reference):
            fields.integer(2, reference.previous)
            fields.text(10, reference.conversation.rawValue)
            fields.text(11, reference.app.rawValue)
            fields.integer(12, reference.sequence)
            return (.messageReference, fields.buffer)
        case .conversationReference(let reference):
            fields.text(10, reference.conversation.rawValue)
            fields.text(11, reference.app.rawValue)
            return (.conversationReference, fields.buffer)
        case .event(let publication):
            // Tags 1 to 9 belong to the publication, those above to the event.
            for topic in publication.topics { fields.text(1, topic.name) }
            fields.integer(2, publication.previousSequence)
            guard let kind = publication.event.write(to: &fields) else { return nil }
            return (kind, fields.buffer)
        }
    }
}

extension Heartbeat {
    fileprivate func write(to fields: inout FieldWriter) {
        fields.integer(1, number)
        for mark in marks {
            fields.nested(2) { fields in
                fields.text(1, mark.conversation.rawValue)
                fields.text(2, mark.app.rawValue)
                fields.integer(3, mark.sequence)
            }
        }
        if isIncomplete { fields.integer(3, 1) }
        if isLast { fields.integer(4, 1) }
    }
}

extension DomainEvent {
    fileprivate func write(to fields: inout FieldWriter) -> ClusterRecordKind? {
        switch self {
        case .messageCreated(let message, let conversation):
            fields.message(10, message)
            fields.conversation(11, conversation)
            return .messageCreated
        case .messageStatusChanged(let receipt):
            fields.text(10, receipt.message.rawValue)
            fields.text(11, receipt.conversation.rawValue)
            fields.text(12, receipt.app.rawValue)
            fields.text(13, receipt.status.rawValue)
            fields.integer(14, receipt.updatedAt.milliseconds)
            return .messageStatusChanged
        case .messagesRead(let conversation, let app, let messages, let at):
            fields.text(10, conversation.rawValue)
            fields.text(11, app.rawValue)
            for message in messages { fields.text(12, message.rawValue) }
            fields.integer(13, at.milliseconds)
            return .messagesRead
        case .typing(let typing):
            fields.text(10, typing.conversation.rawValue)
            fields.text(11, typing.app.rawValue)
            if case .user(let device) = typing.side { fields.text(12, device.rawValue) }
            fields.integer(13, typing.isTyping ? 1 : 0)
            return .typing
        case .conversationUpdated(let conversation):
            fields.conversation(10, conversation)
            return .conversationUpdated
        case .presenceChanged(let device, let isOnline):
            fields.device(10, device)
            fields.integer(11, isOnline ? 1 : 0)
            return .presenceChanged
        case .sessionConnected(let session):
            fields.session(10, session)
            return .sessionConnected
        case .sessionDisconnected(let session, let reason):
            fields.session(10, session)
            fields.text(11, reason)
            return .sessionDisconnected
        case .conversationOpened(var conversation, let isNew):
            // Who follows it needs its name; what is known of its owner stays.
            conversation.metadata = [:]
            fields.conversation(10, conversation)
            fields.integer(11, isNew ? 1 : 0)
            return .conversationOpened
        case .userIdentified, .eventTracked, .accessRevoked:
            return nil
        }
    }
}
