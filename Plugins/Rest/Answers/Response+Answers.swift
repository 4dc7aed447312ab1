import PluginAPI

extension Response {
    /// `{"success":true}`.
    static var success: Response {
        Response { json in
            json.beginObject()
            json.field("success", true)
            json.endObject()
        }
    }

    /// `{"message":…}`.
    static func message(_ message: Message) -> Response {
        // Room for the whole answer at once: about 300 bytes besides the text.
        var json = JSONWriter(buffer: ByteBufferAllocator().buffer(capacity: 384 + message.body.utf8.count))
        json.beginObject()
        json.key("message")
        json.message(message)
        json.endObject()
        return Response(json: json.buffer)
    }

    /// `{"conversation":…}`.
    static func conversation(_ conversation: Conversation) -> Response {
        Response { json in
            json.beginObject()
            json.key("conversation")
            json.conversation(conversation)
            json.endObject()
        }
    }

    /// `{"messages":[…],"has_more":…}`, seven fields each.
    static func list(_ page: MessagePage) -> Response {
        Response { json in
            json.beginObject()
            json.array("messages", page.messages) { $0.message($1) }
            json.field("has_more", page.hasMore)
            json.endObject()
        }
    }

    /// `{"messages":[…],"last_sequence":…,"has_more":…}`, with the sequence of each.
    ///
    /// An empty page never has more, whatever the store says: the client would ask for the same page for ever.
    static func sync(_ page: MessagePage, after sequence: Int64) -> Response {
        Response { json in
            json.beginObject()
            json.array("messages", page.messages) { $0.sequencedMessage($1) }
            json.field("last_sequence", page.messages.last?.sequence ?? sequence)
            json.field("has_more", page.hasMore && !page.messages.isEmpty)
            json.endObject()
        }
    }

    /// The receipt itself, not wrapped.
    static func receipt(_ receipt: MessageReceipt) -> Response {
        Response { $0.receipt(receipt) }
    }

    /// `{"updates":[…]}`.
    static func updates(_ receipts: [MessageReceipt]) -> Response {
        Response { json in
            json.beginObject()
            json.array("updates", receipts) { $0.receipt($1) }
            json.endObject()
        }
    }
}
