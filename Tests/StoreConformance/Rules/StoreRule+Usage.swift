import PluginAPI
import Testing

extension StoreRule {
    private static let day = Duration.seconds(86_400)
    private static let now = at(0)

    private static func use(
        _ device: DeviceIdentity, _ days: Int, transport: ClientTransport = .legacy, version: String = "1.0"
    ) -> TransportUse {
        TransportUse(
            device: device,
            software: ClientSoftware(
                transport: transport, protocolName: "\(transport)/1", sdkVersion: version, platform: .android),
            at: now - day * days - .seconds(60))
    }

    static let usage = [
        StoreRule("devices are counted once in each window, by transport and by software, most devices first") {
            scene in
            let (one, two, three) = (scene.device("one"), scene.device("two"), scene.device("three"))
            try await scene.store.recordUses([
                use(one, 0), use(one, 1), use(one, 2), use(two, 5), use(two, 9, version: "0.9"), use(three, 25),
                use(one, 0, transport: .socketIO), use(three, 31),
            ])
            let lines = try await scene.store.usage(of: scene.app, at: now)
            let totals = lines.filter { $0.software == nil }
            #expect(totals.map(\.transport) == [.legacy, .socketIO])
            let legacy = try #require(totals.first)
            #expect(legacy.lastDay == 1 && legacy.lastWeek == 2 && legacy.lastMonth == 3)
            #expect(legacy.weeks == [2, 1, 0, 1] && legacy.trend == 1)
            #expect(legacy.lastSeen == now - .seconds(60))
            let details = lines.compactMap { line in line.software.map { (software: $0, line: line) } }
            #expect(details.map(\.software.sdkVersion) == ["1.0", "0.9", "1.0"])
            #expect(details.map(\.line.lastMonth) == [3, 1, 1])
            #expect(details.allSatisfy { $0.software.platform == .android })
            #expect(details.first?.software.protocolName == "legacy/1")
        },
        StoreRule("of a day's uses the latest counts, whatever order they come in") { scene in
            let phone = scene.device()
            var earlier = use(phone, 1, version: "1.0")
            earlier.at = earlier.at - .seconds(30)
            let later = use(phone, 1, version: "2.0")
            try await scene.store.recordUses([later, earlier])
            try await scene.store.recordUses([earlier])
            let lines = try await scene.store.usage(of: scene.app, at: now)
            #expect(lines.count == 2 && lines.last?.software?.sdkVersion == "2.0")
            #expect(lines.first?.lastSeen == later.at)
        },
        StoreRule("uses of an unknown app are left out, and others see nothing of an app's") { scene in
            let stranger = DeviceIdentity(app: AppID(IDGenerator.uuidV4()), device: "phone")
            let other = try await scene.neighbour()
            try await scene.store.recordUses([use(stranger, 0), use(scene.device(), 0)])
            #expect(try await scene.store.usage(of: scene.app, at: now).count == 2)
            #expect(try await scene.store.usage(of: stranger.app, at: now).isEmpty)
            #expect(try await other.store.usage(of: other.app, at: now).isEmpty)
        },
        StoreRule("rows go after ninety days") { scene in
            let phone = scene.device()
            try await scene.store.recordUses([use(phone, 0), use(phone, 89), use(phone, 92)])
            let long = now - day * 200
            let found = try await scene.store.usage(of: scene.app, at: now - day * 70)
            #expect(found.first?.lastSeen == use(phone, 89).at)
            #expect(try await scene.store.usage(of: scene.app, at: now - day * 91).isEmpty)
            #expect(
                try await scene.store.devices(of: scene.app, using: .legacy, since: long, limit: 10) == ["phone"])
        },
        StoreRule("the devices of a transport are found, up to a limit") { scene in
            let uses = (0..<5).map { use(scene.device("device-\($0)"), $0) }
            try await scene.store.recordUses(uses + [use(scene.device("new"), 0, transport: .socketIO)])
            let store = scene.store
            let recent = try await store.devices(of: scene.app, using: .legacy, since: now - day * 2, limit: 10)
            #expect(Set(recent) == ["device-0", "device-1"])
            let few = try await store.devices(of: scene.app, using: .legacy, since: now - day * 30, limit: 3)
            #expect(Set(few).count == 3)
        },
    ]
}
