import Metrics
import PluginAPI

/// What is counted of the chat. Handles are made once.
struct ChatMeters: Sendable {
    static let help = ["replyhq_chat_messages_total": "Messages that were stored by this node, by who wrote them."]

    private let byUsers: Counter
    private let byAgents: Counter
    private let bySystem: Counter

    init(_ factory: any MetricsFactory = NOOPMetricsHandler.instance) {
        func counter(_ sender: Message.Sender) -> Counter {
            Counter(
                label: "replyhq_chat_messages_total", dimensions: [("sender", sender.rawValue)], factory: factory)
        }
        (byUsers, byAgents, bySystem) = (counter(.user), counter(.agent), counter(.system))
    }

    /// A message was stored; a repeat is none.
    func stored(_ message: Message) {
        switch message.sender {
        case .user: byUsers.increment()
        case .agent: byAgents.increment()
        case .system: bySystem.increment()
        }
    }
}
