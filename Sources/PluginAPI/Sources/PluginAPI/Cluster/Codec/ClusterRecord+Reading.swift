extension ClusterRecord {
    /// Reads a record. Throws if it is not what its kind needs.
    init(_ kind: ClusterRecordKind, _ fields: ByteBuffer) throws(FieldReader.Unreadable) {
        let fields = try FieldReader(fields)
        switch kind {
        case .heartbeat:
            self = .heartbeat(try Heartbeat(fields))
        case .messageReference:
            self = .messageReference(
                MessageReference(
                    conversation: try fields.id(10), app: try fields.id(11), sequence: try fields.sequence(12),
                    previous: try fields.optionalInteger(2)))
        case .conversationReference:
            self = .conversationReference(
                ConversationReference(conversation: try fields.id(10), app: try fields.id(11)))
        default:
            self = .event(
                ClusterPublication(
                    event: try DomainEvent(kind, fields),
                    topics: try fields.texts(1).map { Topic($0) },
                    previousSequence: try fields.optionalInteger(2)))
        }
    }
}

extension Heartbeat {
    fileprivate init(_ fields: FieldReader) throws(FieldReader.Unreadable) {
        number = try fields.integer(1)
        for mark in try fields.allNested(2) {
            marks.append(Mark(conversation: try mark.id(1), app: try mark.id(2), sequence: try mark.integer(3)))
        }
        isIncomplete = try fields.optionalInteger(3) == 1
        isLast = try fields.optionalInteger(4) == 1
    }
}

extension DomainEvent {
    fileprivate init(_ kind: ClusterRecordKind, _ fields: FieldReader) throws(FieldReader.Unreadable) {
        switch kind {
        case .messageCreated:
            self = .messageCreated(try fields.message(10), conversation: try fields.conversation(11))
        case .messageStatusChanged:
            self = .messageStatusChanged(
                MessageReceipt(
                    message: try fields.id(10), conversation: try fields.id(11), app: try fields.id(12),
                    status: try fields.word(13), updatedAt: try fields.time(14)))
        case .messagesRead:
            self = .messagesRead(
                try fields.id(10), app: try fields.id(11), messages: try fields.texts(12).map { MessageID($0) },
                at: try fields.time(13))
        case .typing:
            let device: DeviceID? = try fields.optionalID(12)
            self = .typing(
                Typing(
                    conversation: try fields.id(10), app: try fields.id(11),
                    side: device.map { .user($0) } ?? .agent, isTyping: try fields.integer(13) == 1))
        case .conversationUpdated:
            self = .conversationUpdated(try fields.conversation(10))
        case .presenceChanged:
            self = .presenceChanged(try fields.device(10), isOnline: try fields.integer(11) == 1)
        case .sessionConnected:
            self = .sessionConnected(try fields.session(10))
        case .sessionDisconnected:
            self = .sessionDisconnected(try fields.session(10), reason: try fields.text(11))
        case .conversationOpened:
            self = .conversationOpened(try fields.conversation(10), isNew: try fields.integer(11) == 1)
        case .heartbeat, .messageReference, .conversationReference:
            throw FieldReader.Unreadable()
        }
    }
}
