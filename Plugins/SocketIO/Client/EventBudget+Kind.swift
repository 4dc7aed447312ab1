import PluginAPI

extension EventBudget.Kind {
    /// What a Socket.IO event counts as.
    init(_ event: String) {
        switch event {
        case "typing:start", "typing:stop": self = .typing
        case "conversation:join": self = .join
        default: self = .other
        }
    }
}
