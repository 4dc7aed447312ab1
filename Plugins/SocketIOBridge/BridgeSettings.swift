import PluginAPI

/// The plugin's settings.
struct BridgeSettings: Sendable {
    enum Namespace: String, Sendable, CaseIterable { case client, admin }

    static let schema: SettingsSchema = [
        .string(
            "prefix", default: "socket.io",
            "What the old servers' channels begin with: the `key` of their Redis adapter."),
        .list("namespaces", of: "client or admin", default: ["client", "admin"], "Which namespaces are shared.") {
            Namespace(rawValue: $0) != nil
        },
        .boolean("send", default: true, "Old servers hear what happens on this node."),
        .boolean("receive", default: true, "This node's sockets hear what old servers and emitters broadcast."),
        .byteCount(
            "max_payload", default: 1_000_000, in: 1_024...16_000_000, "The longest broadcast that is taken or sent."),
    ]

    var channels: [AdapterChannel]
    var sends: Bool
    var receives: Bool
    var longest: Int

    init(_ settings: Settings) throws {
        let prefix = try settings.string("prefix")
        // It stands in a pattern, before the # that ends it.
        if prefix.isEmpty || prefix.utf8.count > 64
            || prefix.contains(where: { $0.isWhitespace || "#*?[]\\^".contains($0) })
        {
            throw settings.error("prefix", "expected 1…64 bytes without spaces, # and wildcards")
        }
        var namespaces: [String] = []
        for name in try settings.stringList("namespaces") where !namespaces.contains(name) { namespaces.append(name) }
        channels = namespaces.map { AdapterChannel(prefix: prefix, namespace: "/\($0)") }
        sends = try settings.bool("send")
        receives = try settings.bool("receive")
        longest = try settings.byteCount("max_payload")
        if channels.isEmpty { throw settings.error("namespaces", "expected at least one of client and admin") }
        if !sends, !receives {
            throw settings.error("send", "send and receive are both off; disable the plugin instead")
        }
    }
}
