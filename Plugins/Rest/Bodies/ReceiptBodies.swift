import PluginAPI

/// The body of a status update (`http.md` 6.5).
struct MessageStatusBody {
    let message: MessageID
    let status: MessageStatus

    init(_ object: JSONObject) throws(HTTPFailure) {
        var body = ObjectReader(object)
        let message = body.string("message_id", .identifier)
        let status = body.choice("status", of: MessageStatus.allCases)
        try body.check()
        guard let message, let status else { throw body.failure }
        self.message = MessageID(message)
        self.status = status
    }
}

/// The body of a delivery receipt (`http.md` 6.6).
struct DeliveredBody {
    /// How many messages one call may name.
    static let limit = 500

    let messages: [MessageID]

    init(_ object: JSONObject) throws(HTTPFailure) {
        var body = ObjectReader(object)
        let messages = body.strings("message_ids", .identifier, count: 1...Self.limit)
        try body.check()
        guard let messages else { throw body.failure }
        self.messages = messages.map { MessageID($0) }
    }
}

/// The body of a read receipt (`http.md` 6.7); no bound means everything.
struct ReadBody {
    let upTo: MessageID?

    init(_ object: JSONObject) throws(HTTPFailure) {
        var body = ObjectReader(object)
        upTo = body.optionalString("up_to_message_id").map { MessageID($0) }
        try body.check()
    }
}
