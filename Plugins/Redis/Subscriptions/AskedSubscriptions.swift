import PluginAPI

/// The commands about subscriptions that a server has not answered yet, in order: it confirms each channel of each, or
/// answers a command with one error.
struct AskedSubscriptions {
    private struct Command {
        var channels: [String]
        var confirmed = 0
        var isSubscription: Bool
    }

    private var commands = CircularBuffer<Command>()

    mutating func add(_ channels: [String], isSubscription: Bool) {
        commands.append(Command(channels: channels, isSubscription: isSubscription))
    }

    /// Returns whether it is the confirmation whose turn it is.
    mutating func confirmed(_ channel: String, isSubscription: Bool) -> Bool {
        guard let command = commands.first, command.isSubscription == isSubscription,
            command.channels[command.confirmed] == channel
        else { return false }
        let first = commands.startIndex
        commands[first].confirmed += 1
        if commands[first].confirmed == command.channels.count { commands.removeFirst() }
        return true
    }

    /// The command whose turn it is will not be confirmed. Returns its channels; nil if there is none, or if one of them
    /// was confirmed, after which no error can come.
    mutating func refused() -> [String]? {
        guard let command = commands.first, command.confirmed == 0 else { return nil }
        return commands.removeFirst().channels
    }
}
