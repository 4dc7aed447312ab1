import PluginAPI

/// What holds for one app: its own wishes over the configuration's.
struct AppRules: Sendable, Equatable {
    var isEnabled = true
    var title = "New message"
    /// Characters of a message that are shown; 0: none.
    var preview = PushPolicy.previewLimit
    var quiet: QuietHours?
    /// Pushes to a device in an hour; 0: no bound.
    var perHour = 20

    func with(_ policy: PushPolicy) -> AppRules {
        var rules = self
        if let isEnabled = policy.isEnabled { rules.isEnabled = isEnabled }
        if let title = policy.title { rules.title = title }
        if let preview = policy.preview { rules.preview = preview }
        if let perHour = policy.perHour { rules.perHour = perHour }
        switch policy.quiet {
        case .never: rules.quiet = nil
        case .daily(let hours): rules.quiet = hours
        case nil: break
        }
        return rules
    }
}
