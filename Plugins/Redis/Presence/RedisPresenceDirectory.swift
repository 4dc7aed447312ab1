import PluginAPI

/// Leases of connections in Redis; the keys are in the plugin's README.
final class RedisPresenceDirectory: PresenceDirectory {
    /// The most connections or devices in one script, so that none keeps the server from others for long.
    private static let chunk = 100
    /// The most leases that are dropped in one step.
    private static let expiryLimit = 1_000

    let client: RedisClient
    let prefix: String

    init(client: RedisClient, prefix: String) {
        self.client = client
        self.prefix = prefix + "presence:"
    }

    func observe(_ observer: @escaping @Sendable (Bool) -> Void) {
        client.eventLoop.execute { [client] in
            let told = NIOLoopBoundBox<Bool?>(nil, eventLoop: client.eventLoop)
            client.observe { status in
                guard told.value != status.takesCommands else { return }
                told.value = status.takesCommands
                observer(status.takesCommands)
            }
        }
    }

    func hold(
        _ connections: [ConnectionInfo], by node: NodeID, for lease: Duration
    ) async throws -> [DeviceIdentity] {
        let time = RedisCommand.Argument.integer(max(1, lease.wholeMilliseconds))
        let places = try await places(
            LeaseScripts.hold, [.text(prefix), time], of: connections.map { Self.arguments($0, node) })
        return places.map { connections[$0].device }
    }

    func release(_ connections: [ConnectionInfo], by node: NodeID) async throws {
        _ = try await places(
            LeaseScripts.release, [.text(prefix)], of: connections.map { Self.arguments($0, node) })
    }

    func settle(_ devices: [DeviceIdentity]) async throws -> [DeviceIdentity] {
        let places = try await places(
            LeaseScripts.settle, [.text(prefix)], of: devices.map { [.text($0.leaseName)] })
        return places.map { devices[$0] }
    }

    func expire(limit: Int) async throws -> [ConnectionInfo] {
        let count = Int64(min(max(limit, 0), Self.expiryLimit))
        guard count > 0 else { return [] }
        let answer = try await run(LeaseScripts.expire, [[.text(prefix), .integer(count)]]).first
        return (answer?.items ?? []).compactMap { $0.text.flatMap { LeaseMember($0) }?.connection }
    }

    func isOnline(_ device: DeviceIdentity) async throws -> Bool {
        let answer = try await run(LeaseScripts.isOnline, [[.text(prefix), .text(device.leaseName)]]).first
        return (answer?.integer ?? 0) > 0
    }

    private static func arguments(_ connection: ConnectionInfo, _ node: NodeID) -> [RedisCommand.Argument] {
        [
            .text(LeaseMember(node: node, connection: connection).text), .text(connection.device.app.rawValue),
            .text(connection.device.leaseName),
        ]
    }
}

extension RedisPresenceDirectory {
    /// Runs a script over items, as many at a time as is good for the server, and returns the places it answered.
    private func places(
        _ script: RedisScript, _ head: [RedisCommand.Argument], of items: [[RedisCommand.Argument]]
    ) async throws -> [Int] {
        let starts = Array(stride(from: 0, to: items.count, by: Self.chunk))
        let calls = starts.map { head + items[$0..<min($0 + Self.chunk, items.count)].joined() }
        let answers = try await run(script, calls)
        return zip(starts, answers).flatMap { start, answer in
            (answer.items ?? []).compactMap { item in
                let place = item.integer.map { start + Int(clamping: $0) } ?? -1
                return items.indices.contains(place) ? place : nil
            }
        }
    }

    func run(_ script: RedisScript, _ calls: [[RedisCommand.Argument]]) async throws -> [RESPValue] {
        do throws(RedisFailure) {
            return try await client.commands.run(script, calls)
        } catch {
            throw error.asChatError
        }
    }
}
