import PluginAPI

/// The channels of a namespace, as the adapter of Node servers names them: `socket.io#/client#`, and with a room
/// `socket.io#/client#conversation:c1#`.
struct AdapterChannel: Sendable, Hashable {
    var prefix: String
    var namespace: String

    private var name: String { "\(prefix)#\(namespace)#" }

    /// All of them. The prefix and the namespaces hold no wildcards.
    var pattern: String { name + "*" }

    /// Where a broadcast goes: one for a single room has that room's channel.
    func name(for rooms: [String]) -> String {
        rooms.count == 1 ? "\(name)\(rooms[0])#" : name
    }

    /// Whether a broadcast has been heard already: some emitters publish one for several rooms on the channel of each.
    func isRepeat(of broadcast: SocketIOBroadcast, on channel: String) -> Bool {
        var room = channel.dropFirst(name.count)
        if room.last == "#" { room = room.dropLast() }
        return broadcast.rooms.dropFirst().contains(String(room)) && broadcast.rooms.first != String(room)
    }

    func carries(_ channel: String) -> Bool { channel.hasPrefix(name) }
}
