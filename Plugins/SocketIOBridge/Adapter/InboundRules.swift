import PluginAPI

/// What becomes of what others broadcast. A value.
struct InboundRules {
    /// The name under which all nodes of this product publish. They hear each other over their own bus.
    static let publisher = "replyhq"

    enum Step: Hashable {
        case deliver(SocketIOBroadcast)
        /// A message was stored in the database that all share. It comes from there: in its place by its number, once, and
        /// to sockets of every kind.
        case stored(ConversationID, AppID?)
        case pass
    }

    /// How many messages are remembered: each is broadcast to several rooms and namespaces.
    private static let mostKnown = 1_024

    /// Every other server's clients would come back to it for nothing; the rest would break the protocol.
    private static let neverForwarded: Set = [
        "server:shutdown", "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    ]

    private var known = ArrivalTable<String, Bool>()

    mutating func step(_ message: AdapterMessage) -> Step {
        let broadcast = message.broadcast
        guard message.publisher != Self.publisher, !message.isLocal, !Self.neverForwarded.contains(broadcast.event)
        else {
            return .pass
        }
        guard broadcast.event == "message:new", let wire = broadcast.arguments.first,
            let conversation = wire["conversation_id"]?.stringValue
        else { return .deliver(broadcast) }
        let app = broadcast.rooms.lazy.compactMap(Self.app).first
        if let id = wire["id"]?.stringValue, !isNew("\(id) \(app?.rawValue ?? "")") { return .pass }
        return .stored(ConversationID(rawValue: conversation), app)
    }

    private static func app(_ room: String) -> AppID? {
        room.hasPrefix("app:") ? AppID(rawValue: String(room.dropFirst(4))) : nil
    }

    private mutating func isNew(_ message: String) -> Bool {
        guard known[message] == nil else { return false }
        known.append(true, for: message)
        if known.count > Self.mostKnown { known.removeFirst() }
        return true
    }
}
