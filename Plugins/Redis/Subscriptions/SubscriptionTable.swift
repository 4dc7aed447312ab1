import PluginAPI

/// What is subscribed to: what is wanted, what was asked for, what stands.
///
/// A value. A server confirms each channel of each command in the order in which it was asked, so that a count tells
/// which wish a confirmation belongs to.
struct SubscriptionTable {
    private struct Channel {
        var isWanted = false
        /// Confirmations that are still to come, of either kind.
        var unconfirmed = 0
    }

    private var channels: [String: Channel] = [:]
    /// Confirmations until everything is as it was before the connection broke; nil while there is no connection.
    private var restoring: Int?

    /// Channels that are wanted.
    var wantedCount: Int { channels.values.count { $0.isWanted } }
    /// Whether there is a connection, and all that was wanted when it was made stands.
    var isRestored: Bool { restoring == 0 }

    /// Returns what to ask for now.
    mutating func subscribe(_ names: [String]) -> [String] {
        names.filter { name in
            guard !channels[name, default: Channel()].isWanted else { return false }
            channels[name, default: Channel()].isWanted = true
            return asked(for: name)
        }
    }

    /// Returns what to take back now.
    mutating func unsubscribe(_ names: [String]) -> [String] {
        names.filter { name in
            guard channels[name]?.isWanted == true else { return false }
            channels[name]?.isWanted = false
            guard restoring != nil else {
                channels[name] = nil
                return false
            }
            return asked(for: name)
        }
    }

    private mutating func asked(for name: String) -> Bool {
        guard restoring != nil else { return false }
        channels[name]?.unconfirmed += 1
        return true
    }

    /// A connection was made. Returns what to ask for.
    mutating func connected() -> [String] {
        let names = channels.keys.sorted()
        for name in names { channels[name] = Channel(isWanted: true, unconfirmed: 1) }
        restoring = names.count
        return names
    }

    /// The connection broke.
    mutating func lost() {
        restoring = nil
        for (name, channel) in channels {
            channels[name] = channel.isWanted ? Channel(isWanted: true) : nil
        }
    }

    enum Outcome: Equatable {
        /// The channel stands from here on.
        case stands
        /// Overtaken by another wish, or taken back.
        case passed
        /// Nobody asked.
        case unasked
    }

    /// The server confirmed a subscription, or its end.
    mutating func confirmed(_ name: String, isSubscription: Bool) -> Outcome {
        guard restoring != nil, let channel = channels[name], channel.unconfirmed > 0 else { return .unasked }
        if let left = restoring, left > 0 { restoring = left - 1 }
        channels[name]?.unconfirmed -= 1
        guard channel.unconfirmed == 1 else { return .passed }
        guard channel.isWanted else {
            channels[name] = nil
            return .passed
        }
        guard isSubscription else { return .unasked }
        return .stands
    }

    /// The server refused a command of these channels. Returns those that were wanted, and are not asked for any more.
    mutating func refused(_ names: [String]) -> [String] {
        if let left = restoring, left > 0 { restoring = max(0, left - names.count) }
        return names.filter { name in
            guard var channel = channels[name], channel.unconfirmed > 0 else { return false }
            let wasWanted = exchange(&channel.isWanted, with: false)
            channel.unconfirmed -= 1
            channels[name] = channel.unconfirmed > 0 ? channel : nil
            return wasWanted
        }
    }

    /// The server ended a subscription that nobody took back. Returns false if it did not stand.
    mutating func withdrawn(_ name: String) -> Bool {
        guard restoring != nil, let channel = channels[name], channel.isWanted, channel.unconfirmed == 0 else {
            return false
        }
        channels[name] = nil
        return true
    }
}
