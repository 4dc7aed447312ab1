import PluginAPI
import Testing

/// One rule that every presence directory keeps. A directory's tests run them all, each on an empty one.
public struct DirectoryRule: Sendable, CustomTestStringConvertible {
    /// The rule in words.
    public let name: String
    private let body: @Sendable (any PresenceDirectory) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (any PresenceDirectory) async throws -> Void) {
        self.name = name
        self.body = body
    }

    public var testDescription: String { name }

    /// Checks the rule on a directory that holds nothing.
    public func check(_ directory: any PresenceDirectory) async throws { try await body(directory) }

    /// Every rule.
    public static let all = [firstAndLast, grace, overdue, expiry, renewal, many, names, races, nothing]

    private static let lease: Duration = .seconds(60)

    private static func connection(_ id: String, device: DeviceID, app: AppID = "app") -> ConnectionInfo {
        ConnectionInfo(
            id: ConnectionID(id), device: DeviceIdentity(app: app, device: device),
            connectedAt: Timestamp(milliseconds: 1_700_000_000_123))
    }

    private static let firstAndLast = DirectoryRule(
        "a device is shown with its first lease over all nodes, and no longer when its last one is gone"
    ) { directory in
        let (one, two) = (connection("1", device: "d"), connection("2", device: "d"))
        #expect(try await directory.hold([one], by: "a", for: lease) == [one.device])
        #expect(try await directory.hold([two], by: "b", for: lease).isEmpty)
        #expect(try await directory.hold([one], by: "a", for: lease).isEmpty)
        try await directory.release([one], by: "a")
        #expect(try await directory.settle([one.device]).isEmpty)
        #expect(try await directory.isOnline(one.device))
        // Another node's lease is another's.
        try await directory.release([two], by: "a")
        #expect(try await directory.isOnline(one.device))
        try await directory.release([two], by: "b")
        #expect(try await !directory.isOnline(one.device))
        #expect(try await directory.settle([one.device]) == [one.device])
        #expect(try await directory.settle([one.device]).isEmpty)
        #expect(try await directory.hold([one], by: "a", for: lease) == [one.device])
    }

    private static let grace = DirectoryRule("a device that is back before it is settled was never away") { directory in
        let (one, two) = (connection("1", device: "d"), connection("2", device: "d"))
        #expect(try await directory.hold([one], by: "a", for: lease).count == 1)
        try await directory.release([one], by: "a")
        #expect(try await directory.hold([two], by: "b", for: lease).isEmpty)
        #expect(try await directory.settle([one.device]).isEmpty)
    }

    private static let overdue = DirectoryRule(
        "a device that was to be settled is found once when its time is over, and counts as away from the beginning"
    ) { directory in
        let (one, two) = (connection("1", device: "d"), connection("2", device: "e"))
        let back = connection("3", device: "f")
        _ = try await directory.hold([one, two, back], by: "a", for: lease)
        try await directory.release([two], by: "a", settlingWithin: .milliseconds(10))
        // The later time counts.
        try await directory.release([two], by: "a", settlingWithin: lease)
        try await directory.release([one, back], by: "a", settlingWithin: .milliseconds(50))
        _ = try await directory.hold([back], by: "b", for: lease)
        #expect(try await !directory.isOnline(one.device))
        #expect(try await directory.connections(of: "app") == [back])
        var found: [DeviceIdentity] = []
        try await until("they are due") {
            found += try await directory.overdue(limit: 1)
            return found.count == 2
        }
        #expect(Set(found) == [one.device, back.device])
        #expect(try await directory.overdue(limit: 10).isEmpty)
        #expect(try await directory.expire(limit: 10).isEmpty)
        let settled = try await directory.settle([one.device, two.device, back.device])
        #expect(Set(settled) == [one.device, two.device])
        // What was settled is not to be settled any more.
        _ = try await directory.hold([one], by: "a", for: lease)
        try await directory.release([one], by: "a", settlingWithin: .zero)
        #expect(try await directory.settle([one.device]) == [one.device])
        #expect(try await directory.overdue(limit: 10).isEmpty)
        _ = try await directory.hold([one], by: "a", for: lease)
        #expect(try await directory.connections(of: "app").count == 2)
    }

    private static let expiry = DirectoryRule(
        "leases that run out are found once, and count no longer from the moment they run out"
    ) { directory in
        let mortal = (0..<30).map { connection("m\($0)", device: DeviceID("m\($0)")) }
        let alive = connection("alive", device: "alive")
        _ = try await directory.hold(mortal, by: "dead", for: .milliseconds(50))
        _ = try await directory.hold([alive], by: "live", for: lease)
        try await until("they run out") { try await !directory.isOnline(mortal[29].device) }
        #expect(try await directory.onlineDevices(of: "app") == ["alive"])
        #expect(try await directory.connections(of: "app") == [alive])
        async let first = directory.expire(limit: 20)
        async let second = directory.expire(limit: 20)
        let (some, others) = try await (first, second)
        #expect(some.count == 20 || others.count == 20)
        #expect(Set(some + others) == Set(mortal) && some.count + others.count == 30)
        #expect(try await directory.expire(limit: 20).isEmpty)
        #expect(Set(try await directory.settle(mortal.map(\.device))) == Set(mortal.map(\.device)))
        #expect(try await directory.isOnline(alive.device))
    }

    private static let renewal = DirectoryRule("a renewed lease does not run out") { directory in
        let one = connection("1", device: "d")
        _ = try await directory.hold([one], by: "a", for: .milliseconds(50))
        _ = try await directory.hold([one], by: "a", for: lease)
        let other = connection("2", device: "e")
        _ = try await directory.hold([other], by: "a", for: .milliseconds(50))
        try await until("the other runs out") { try await directory.expire(limit: 10) == [other] }
        #expect(try await directory.isOnline(one.device))
    }

    private static let many = DirectoryRule(
        "thousands of connections are held, listed and released, each app's by itself"
    ) { directory in
        let all = (0..<6_000).map { connection("c\($0)", device: DeviceID("d\($0 / 2)")) }
        let foreign = connection("c0", device: "d0", app: "other")
        #expect(try await directory.hold(all, by: "a", for: lease).count == 3_000)
        #expect(try await directory.hold([foreign], by: "a", for: lease) == [foreign.device])
        let listed = try await directory.connections(of: "app")
        #expect(listed.count == 6_000 && Set(listed) == Set(all))
        #expect(try await directory.onlineDevices(of: "app").count == 3_000)
        #expect(try await directory.connections(of: "other") == [foreign])
        #expect(try await directory.connections(of: "nobody").isEmpty)
        try await directory.release(all, by: "a")
        #expect(try await directory.connections(of: "app").isEmpty)
        #expect(try await directory.settle(all.map(\.device)).count == 3_000)
        #expect(try await directory.isOnline(foreign.device))
    }

    private static let names = DirectoryRule("whatever clients call themselves comes back as it was") { directory in
        let names: [DeviceID] = ["a:b", "1:a", "ä👋🏽", "' OR ''='", "{\"x\"}", "\\", "%", " "]
        let all = names.enumerated().map { connection("c\($0)", device: $1, app: "app:\"{}") }
        #expect(Set(try await directory.hold(all, by: "n:1", for: lease)) == Set(all.map(\.device)))
        #expect(Set(try await directory.connections(of: "app:\"{}")) == Set(all))
        for connection in all {
            #expect(try await directory.isOnline(connection.device))
            try await directory.release([connection], by: "n:1")
            #expect(try await directory.settle([connection.device]) == [connection.device])
        }
    }

    private static let races = DirectoryRule(
        "coming and going at the same time is told to one caller each, and what is held is shown"
    ) { directory in
        let devices = (0..<4).map { DeviceIdentity(app: "app", device: DeviceID("r\($0)")) }
        // Each change that anybody was told, per device: shown is one up, hidden one down.
        let changes = try await withThrowingTaskGroup(of: [DeviceIdentity: Int].self) { group in
            for node in 0..<6 {
                group.addTask {
                    var changes: [DeviceIdentity: Int] = [:]
                    for round in 0..<40 {
                        let device = devices[(node + round) % 4]
                        let own = ConnectionInfo(
                            id: ConnectionID("c\(node)-\(round)"), device: device, connectedAt: .epoch)
                        let name = NodeID("n\(node)")
                        for shown in try await directory.hold([own], by: name, for: lease) {
                            changes[shown, default: 0] += 1
                        }
                        #expect(try await directory.isOnline(device))
                        try await directory.release([own], by: name)
                        for hidden in try await directory.settle([device]) { changes[hidden, default: 0] -= 1 }
                    }
                    return changes
                }
            }
            return try await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
        }
        // All are gone, so as many ends as beginnings were told.
        for device in devices {
            #expect(changes[device] ?? 0 == 0)
            #expect(try await !directory.isOnline(device))
            #expect(try await directory.settle([device]).isEmpty)
        }
    }

    private static let nothing = DirectoryRule("to do nothing is nothing") { directory in
        #expect(try await directory.hold([], by: "a", for: lease).isEmpty)
        try await directory.release([], by: "a")
        #expect(try await directory.settle([]).isEmpty)
        #expect(try await directory.expire(limit: 0).isEmpty)
        let twice = connection("1", device: "d")
        #expect(try await directory.hold([twice, twice], by: "a", for: lease) == [twice.device])
        #expect(try await directory.connections(of: "app") == [twice])
    }
}

extension PresenceDirectory {
    /// Gives leases up, with all the time in the world to settle the devices.
    public func release(_ connections: [ConnectionInfo], by node: NodeID) async throws {
        try await release(connections, by: node, settlingWithin: .seconds(3_600))
    }
}
