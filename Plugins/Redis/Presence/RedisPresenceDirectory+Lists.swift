import PluginAPI

extension RedisPresenceDirectory {
    /// How many members a server looks at in one step.
    private static var page: RedisCommand.Argument { 1_000 }

    func onlineDevices(of app: AppID) async throws -> Set<DeviceID> {
        Set(try await connections(of: app).map(\.device.device))
    }

    /// Read page by page, so that the largest app keeps the server from others no longer than the smallest. What is
    /// there from beginning to end is found (redis.io/commands/scan); a lease that is renewed meanwhile counts once.
    func connections(of app: AppID) async throws -> [ConnectionInfo] {
        let (client, names) = (client, keys.partitions.map { keys.app(app, $0) })
        let leases = try await withThrowingTaskGroup(of: Set<LeaseMember>.self) { group in
            for name in names {
                group.addTask {
                    do throws(RedisFailure) {
                        return try await Self.leases(in: name, client)
                    } catch {
                        throw error.asChatError
                    }
                }
            }
            return try await group.reduce(into: Set<LeaseMember>()) { $0.formUnion($1) }
        }
        return leases.map(\.connection)
    }

    private static func leases(in name: String, _ client: RedisClient) async throws(RedisFailure) -> Set<LeaseMember> {
        guard let now = milliseconds(try await client.commands.send(RedisCommand("TIME", key: name))) else {
            throw .senseless("no time")
        }
        var found: Set<LeaseMember> = []
        var cursor = "0"
        repeat {
            let answer = try await client.commands.send(
                RedisCommand("ZSCAN", .text(name), .text(cursor), "COUNT", page, key: name))
            guard let parts = answer.items, parts.count == 2, let next = parts[0].text, let items = parts[1].items
            else { throw .senseless("no page") }
            for place in stride(from: 0, to: items.count - 1, by: 2) {
                guard let expiry = items[place + 1].text.flatMap({ Double($0) }), expiry > now,
                    let member = items[place].text.flatMap({ LeaseMember($0) })
                else { continue }
                found.insert(member)
            }
            cursor = next
        } while cursor != "0"
        return found
    }

    private static func milliseconds(_ time: RESPValue) -> Double? {
        guard let parts = time.items, parts.count == 2, let seconds = parts[0].text.flatMap({ Double($0) }),
            let micros = parts[1].text.flatMap({ Double($0) })
        else { return nil }
        return seconds * 1_000 + (micros / 1_000).rounded(.down)
    }
}
