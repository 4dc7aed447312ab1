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

    func observe(_ observer: @escaping @Sendable (Bool) -> Void) {
        client.eventLoop.execute { [client] in
            let told = NIOLoopBoundBox<Bool?>(nil, eventLoop: client.eventLoop)
            client.observe { status in
                // What is announced when it is there again goes over the bus, so the bus comes first.
                let isAvailable = status.takesCommands && (status.hears || told.value == true)
                guard told.value != isAvailable else { return }
                told.value = isAvailable
                observer(isAvailable)
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
                arguments: [time]
                    + places.flatMap { place -> [RedisCommand.Argument] in
                        let connection = connections[place]
                        return [
                            .text(LeaseMember(node: node, connection: connection).text),
                            .text(connection.device.leaseName),
                        ]
                    })
        }
        return places.map { connections[$0].device }
    }

    func release(_ connections: [ConnectionInfo], by node: NodeID) async throws {
        _ = try await places(of: connections.map(\.device), script: LeaseScripts.release) { partition, places in
            RedisScript.Call(
                keys: [keys.leases(partition)] + places.flatMap { keysOfConnection(connections[$0], partition) },
                arguments: places.map { .text(LeaseMember(node: node, connection: connections[$0]).text) })
        }
    }

    func settle(_ devices: [DeviceIdentity]) async throws -> [DeviceIdentity] {
        let places = try await places(of: devices, script: LeaseScripts.settle) { partition, places in
            RedisScript.Call(
                keys: [keys.shown(partition)] + places.map { keys.device(devices[$0]) },
                arguments: places.map { .text(devices[$0].leaseName) })
        }
        return places.map { devices[$0] }
    }

    func expire(limit: Int) async throws -> [ConnectionInfo] {
        var found: [ConnectionInfo] = []
        for partition in keys.partitions {
            let count = min(limit - found.count, Self.expiryLimit)
            guard count > 0 else { break }
            let call = RedisScript.Call(keys: [keys.leases(partition)], arguments: [.integer(Int64(count))])
            let answer = try await run(LeaseScripts.expire, [call]).first
            found += (answer?.items ?? []).compactMap { $0.text.flatMap { LeaseMember($0) }?.connection }
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
