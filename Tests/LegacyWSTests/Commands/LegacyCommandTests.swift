import PluginAPI
import Synchronization
import Testing

@testable import LegacyWSPlugin

@Suite("replyhq legacy")
struct LegacyCommandTests {
    private let now = Timestamp(milliseconds: 1_769_681_757_120)
    private let day = Duration.seconds(86_400)
    private let app = App(id: "app-1", name: "Shop\u{1B}[2J with a name that is very long", createdAt: .epoch)

    private func line(_ transport: ClientTransport, _ weeks: [Int], version: String? = nil) -> TransportUsage {
        TransportUsage(
            transport: transport,
            software: version.map {
                ClientSoftware(transport: transport, protocolName: "p/1", sdkVersion: $0, platform: .ios)
            },
            lastDay: 1, lastWeek: weeks[0], lastMonth: 1_234, weeks: weeks, lastSeen: now)
    }

    private var part: LegacyReport.Part {
        LegacyReport.Part(
            app,
            [
                line(.socketIO, [9, 8, 8, 8]), line(.legacy, [10, 20, 30, 40]),
                line(.socketIO, [9, 8, 8, 8], version: "2.0"),
                line(.legacy, [10, 20, 30, 40], version: "0.9"),
            ])
    }

    @Test("the table has each transport as a whole before its software, numbers flush right, and no control characters")
    func table() {
        let expected = """
            APP                       TRANSPORT  PROTOCOL  SDK  PLATFORM  1 DAY  7 DAYS  30 DAYS  TREND  LAST SEEN         ZERO ON
            Shop\u{FFFD}[2J with a name th…  socketio   all                          1       9     1234     +1  2026-01-29 10:15
            Shop\u{FFFD}[2J with a name th…  socketio   p/1       2.0  ios           1       9     1234     +1  2026-01-29 10:15
            Shop\u{FFFD}[2J with a name th…  legacy     all                          1      10     1234    -10  2026-01-29 10:15  2026-02-01
            Shop\u{FFFD}[2J with a name th…  legacy     p/1       0.9  ios           1      10     1234    -10  2026-01-29 10:15  2026-02-01

            """
        #expect(LegacyReport.text([part], at: now) == expected)
        #expect(LegacyReport.text([], at: now) == "No device was connected in the last 30 days.\n")
    }

    @Test("the same as JSON, for scripts")
    func json() throws {
        let json = try JSONValue(parsing: LegacyReport.json([part], at: now))
        let app = try #require(json["apps"]?[0])
        #expect(app["app_id"] == "app-1" && json["generated_at"] == "2026-01-29T10:15:57.120Z")
        let lines = try #require(app["transports"]?.arrayValue)
        #expect(lines.count == 4 && lines[0]["protocol"] == nil && lines[0]["projected_zero_at"] == nil)
        #expect(lines[3]["devices"]?["last_30_days"] == 1_234 && lines[3]["trend"] == -10)
        #expect(lines[3]["projected_zero_at"]?.stringValue?.hasPrefix("2026-02-01T") == true)
    }

    @Test("unused is what was counted all the time and never seen")
    func verdict() async throws {
        let store = SmallStore(apps: [app])
        func verdict() async throws -> LegacyOff.Verdict {
            try await LegacyOff.Verdict(of: store, at: now, over: day * 30)
        }
        // Nothing was ever counted: nobody knows.
        #expect(try await !verdict().wasCounted)
        #expect(try await verdict().users.isEmpty)
        store.add(.socketIO, now - day * 40)
        #expect(try await verdict().wasCounted)
        #expect(try await verdict().users.isEmpty)
        store.add(.legacy, now - day * 31)
        #expect(try await verdict().users.isEmpty)
        store.add(.legacy, now - day * 29)
        #expect(try await verdict().users.map(\.lastSeen) == [now - day * 29])
    }
}

/// Uses in memory, as far as the commands ask for them.
private final class SmallStore: AppStore, UsageStore {
    private let known: [App]
    private let uses = Mutex<[(transport: ClientTransport, at: Timestamp)]>([])

    init(apps: [App]) { known = apps }

    func add(_ transport: ClientTransport, _ at: Timestamp) { uses.withLock { $0.append((transport, at)) } }

    func createApp(_ app: App, keyHash: String) async throws {}
    func apps() async throws -> [App] { known }
    func app(_ id: AppID) async throws -> App? { known.first { $0.id == id } }
    func credentials(of app: AppID) async throws -> AppCredentials? { nil }
    func rotateKey(
        of app: AppID, to keyHash: String, previousExpiresAt: Timestamp?, at now: Timestamp
    ) async throws -> Bool { false }

    func usage(of app: AppID, at now: Timestamp) async throws -> [TransportUsage] {
        let month = now - .seconds(30 * 86_400)
        let found = uses.withLock { $0.filter { $0.at <= now && $0.at > month } }
        return Dictionary(grouping: found, by: \.transport).map { transport, uses in
            TransportUsage(
                transport: transport, software: nil, lastDay: 0, lastWeek: 0, lastMonth: 1, weeks: [0, 0, 0, 0],
                lastSeen: uses.map(\.at).max() ?? .epoch)
        }
    }

    func devices(
        of app: AppID, using transport: ClientTransport, since: Timestamp, limit: Int
    ) async throws -> [DeviceID] {
        uses.withLock { $0.contains { $0.transport == transport && $0.at >= since } } ? ["phone"] : []
    }
}
