import NIOCore
import PluginAPI

/// What the server says to one peer (`legacy-ws.md` 2 and 3).
enum LegacyReply {
    static let pong = LegacyFrame.make("pong")
    static let goingAway = LegacyFrame.make("server.going_away") { $0.field("message", "Server is shutting down") }
    static let invalidJSON = error(.invalidJSON)
    static let tooManyEvents = error(.tooManyEvents)

    /// - Parameter notice: what a peer is told of the end of this protocol; nil: nothing.
    static func established(_ connection: ConnectionID, notice: SunsetPolicy.Notice?) -> ByteBuffer {
        LegacyFrame.make("connection.established") { json in
            json.field("connection_id", connection)
            json.fieldIfPresent("notice", notice?.text)
            json.fieldIfPresent("sunset_at", notice?.sunset)
        }
    }

    static func subscribed(_ conversation: ConversationID) -> ByteBuffer {
        LegacyFrame.make("subscribed") { $0.field("conversation_id", conversation) }
    }

    static func error(_ failure: LegacyFailure) -> ByteBuffer { error(failure.rawValue, failure.text) }

    static func error(_ code: String, _ text: String) -> ByteBuffer {
        LegacyFrame.make("error") { json in
            json.field("error", text)
            json.field("code", code)
        }
    }
}
