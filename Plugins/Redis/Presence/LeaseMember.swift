import PluginAPI

/// A lease as Redis keeps it: everything that is known of a connection, in one text.
///
/// Each part stands behind its length in bytes and a colon, so that whatever clients call themselves reads back as it
/// was.
struct LeaseMember: Hashable, Sendable {
    var node: NodeID
    var connection: ConnectionInfo

    var text: String {
        Self.join([
            node.rawValue, connection.id.rawValue, connection.device.app.rawValue, connection.device.device.rawValue,
            String(connection.connectedAt.milliseconds),
        ])
    }

    init(node: NodeID, connection: ConnectionInfo) {
        self.node = node
        self.connection = connection
    }

    /// Nil for what was not written by this.
    init?(_ text: String) {
        guard let parts = Self.split(text), parts.count == 5, let time = Int64(parts[4]) else { return nil }
        self.init(
            node: NodeID(parts[0]),
            connection: ConnectionInfo(
                id: ConnectionID(parts[1]), device: DeviceIdentity(app: AppID(parts[2]), device: DeviceID(parts[3])),
                connectedAt: Timestamp(milliseconds: time)))
    }

    static func join(_ parts: [String]) -> String {
        parts.map { "\($0.utf8.count):\($0)" }.joined()
    }

    static func split(_ text: String) -> [String]? {
        var parts: [String] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != UInt8(ascii: ":") }
            guard let count = Int(String(decoding: digits, as: UTF8.self)), count >= 0 else { return nil }
            let body = rest.dropFirst(digits.count + 1)
            guard count <= body.count, digits.count < rest.count,
                let part = String(validating: body.prefix(count), as: UTF8.self)
            else { return nil }
            parts.append(part)
            rest = body.dropFirst(count)
        }
        return parts
    }
}

extension DeviceIdentity {
    /// The device in keys and in the set of those that are shown.
    var leaseName: String { LeaseMember.join([app.rawValue, device.rawValue]) }

    /// Nil for what is not the name of one.
    init?(leaseName: String) {
        guard let parts = LeaseMember.split(leaseName), parts.count == 2 else { return nil }
        self.init(app: AppID(parts[0]), device: DeviceID(parts[1]))
    }
}
