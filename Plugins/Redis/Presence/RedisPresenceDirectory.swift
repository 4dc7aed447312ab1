import PluginAPI

/// Leases of connections in Redis; the keys are in the plugin's README.
final class RedisPresenceDirectory: PresenceDirectory {
    /// The most connections or devices in one script, so that none keeps the server from others for long.
    private static let chunk = 100
    /// The most leases that are dropped in one step.
    private static let expiryLimit = 1_000

    let client: RedisClient
    let keys: LeaseKeys

    init(client: RedisClient, prefix: String) {
        self.client = client
        keys = LeaseKeys(prefix: prefix, isCluster: client.isCluster)
    }

    func observe(_ observer: @escaping @Sendable (PresenceDirectoryStatus) -> Void) {
        client.eventLoop.execute { [client] in
            let told = NIOLoopBoundBox<Bool?>(nil, eventLoop: client.eventLoop)
            client.observe { status in
                // What is announced when it is there again goes over the bus, so the bus comes first.
                let isAvailable = status.takesWrites && (status.isConnected || told.value == true)
                guard told.value != isAvailable else { return }
                told.value = isAvailable
                let reason = status.refusal ?? status.failure
                observer(isAvailable ? .available : .unavailable(reason: reason?.description ?? "not connected yet"))
            }
        }
    }

    func hold(
        _ connections: [ConnectionInfo], by node: NodeID, for lease: Duration
    ) async throws -> [DeviceIdentity] {
        let time = RedisCommand.Argument.integer(max(1, lease.wholeMilliseconds))
        let places = try await places(of: connections.map(\.device), script: LeaseScripts.hold) { partition, places in
            RedisScript.Call(
                keys: [keys.leases(partition), keys.shown(partition)]
                    + places.flatMap { keysOfConnection(connections[$0], partition) },
                arguments: [time] + places.flatMap { texts(of: connections[$0], node) })
        }
        return places.map { connections[$0].device }
    }

    func release(_ connections: [ConnectionInfo], by node: NodeID, settlingWithin time: Duration) async throws {
        let time = RedisCommand.Argument.integer(max(0, time.wholeMilliseconds))
        _ = try await places(of: connections.map(\.device), script: LeaseScripts.release) { partition, places in
            RedisScript.Call(
                keys: [keys.leases(partition), keys.away(partition)]
                    + places.flatMap { keysOfConnection(connections[$0], partition) },
                arguments: [time] + places.flatMap { texts(of: connections[$0], node) })
        }
    }

    func settle(_ devices: [DeviceIdentity]) async throws -> [DeviceIdentity] {
        let places = try await places(of: devices, script: LeaseScripts.settle) { partition, places in
            RedisScript.Call(
                keys: [keys.shown(partition), keys.away(partition)] + places.map { keys.device(devices[$0]) },
                arguments: places.map { .text(devices[$0].leaseName) })
        }
        return places.map { devices[$0] }
    }

    func overdue(limit: Int) async throws -> [DeviceIdentity] {
        try await due(limit, key: keys.away).compactMap { DeviceIdentity(leaseName: $0) }
    }

    func expire(limit: Int) async throws -> [ConnectionInfo] {
        try await due(limit, key: keys.leases).compactMap { LeaseMember($0)?.connection }
    }

    /// Takes what is due out of a set of each partition.
    private func due(_ limit: Int, key: (Int) -> String) async throws -> [String] {
        var found: [String] = []
        for partition in keys.partitions {
            let count = min(limit - found.count, Self.expiryLimit)
            guard count > 0 else { break }
            let call = RedisScript.Call(keys: [key(partition)], arguments: [.integer(Int64(count))])
            found += (try await run(LeaseScripts.expire, [call]).first?.items ?? []).compactMap(\.text)
        }
        return found
    }

    func isOnline(_ device: DeviceIdentity) async throws -> Bool {
        let call = RedisScript.Call(keys: [keys.device(device)], arguments: [])
        return (try await run(LeaseScripts.isOnline, [call]).first?.integer ?? 0) > 0
    }

    private func keysOfConnection(_ connection: ConnectionInfo, _ partition: Int) -> [String] {
        [keys.app(connection.device.app, partition), keys.device(connection.device)]
    }

    private func texts(of connection: ConnectionInfo, _ node: NodeID) -> [RedisCommand.Argument] {
        [.text(LeaseMember(node: node, connection: connection).text), .text(connection.device.leaseName)]
    }
}

extension RedisPresenceDirectory {
    /// Runs a script over items, by their devices' partitions and as many at a time as is good for a server, and returns
    /// the places of those it answered.
    ///
    /// - Parameter call: makes the call for the items of a partition at some places.
    private func places(
        of devices: [DeviceIdentity], script: RedisScript, call: (Int, ArraySlice<Int>) -> RedisScript.Call
    ) async throws -> [Int] {
        let byPartition = Dictionary(grouping: devices.indices) { keys.partition(of: devices[$0]) }
        var chunks: [ArraySlice<Int>] = []
        var calls: [RedisScript.Call] = []
        for (partition, places) in byPartition {
            for start in stride(from: 0, to: places.count, by: Self.chunk) {
                let chunk = places[start..<min(start + Self.chunk, places.count)]
                chunks.append(chunk)
                calls.append(call(partition, chunk))
            }
        }
        let answers = try await run(script, calls)
        return zip(chunks, answers).flatMap { chunk, answer in
            (answer.items ?? []).compactMap { item in
                let place = item.integer.map { chunk.startIndex + Int(clamping: $0) } ?? -1
                return chunk.indices.contains(place) ? chunk[place] : nil
            }
        }.sorted()
    }

    func run(_ script: RedisScript, _ calls: [RedisScript.Call]) async throws -> [RESPValue] {
        do throws(RedisFailure) {
            return try await client.commands.run(script, calls)
        } catch {
            throw error.asChatError
        }
    }
}
