import FoundationEssentials
import PluginAPI
import Testing

@testable import PushPlugin

@Suite("Push: time zones")
struct ZoneTests {
    private let book = ZoneBook(logger: Logger(label: "zones"))

    private func offset(_ zone: String, _ time: String) throws -> Int64 {
        let zone = try #require(book.zone(zone))
        return zone.offset(at: try #require(Timestamp(iso8601: time))) / 60
    }

    @Test(
        "local time is what the system's database says, in summer, in winter and long after its last entry",
        arguments: [
            ("Europe/Berlin", "2026-01-15T12:00:00Z", 60), ("Europe/Berlin", "2026-07-15T12:00:00Z", 120),
            ("Europe/Berlin", "2026-03-29T00:59:59Z", 60), ("Europe/Berlin", "2026-03-29T01:00:00Z", 120),
            ("Europe/Berlin", "2026-10-25T00:59:59Z", 120), ("Europe/Berlin", "2026-10-25T01:00:00Z", 60),
            ("Europe/Berlin", "2090-07-15T12:00:00Z", 120), ("Europe/Berlin", "2090-01-15T12:00:00Z", 60),
            ("America/New_York", "2026-07-04T12:00:00Z", -240), ("America/New_York", "2060-12-24T12:00:00Z", -300),
            ("Australia/Sydney", "2026-01-15T12:00:00Z", 660), ("Australia/Sydney", "2070-07-15T12:00:00Z", 600),
            ("Asia/Kolkata", "2026-07-15T12:00:00Z", 330), ("Asia/Kolkata", "2099-07-15T12:00:00Z", 330),
            ("Asia/Kathmandu", "2026-07-15T12:00:00Z", 345), ("UTC", "2026-07-15T12:00:00Z", 0),
        ])
    func offsets(zone: String, time: String, minutes: Int64) throws {
        #expect(try offset(zone, time) == minutes)
    }

    @Test("what is no zone is none, and no bytes stop the reader")
    func broken() throws {
        #expect(book.zone("Europe/Atlantis") == nil)
        #expect(ZoneFile([]) == nil)
        let file = try #require(FileManager.default.contents(atPath: "/usr/share/zoneinfo/Europe/Berlin"))
        let bytes = Array(file)
        for length in 0..<bytes.count { _ = ZoneFile(Array(bytes.prefix(length))) }
        for place in 0..<min(bytes.count, 400) {
            var changed = bytes
            changed[place] ^= 0xFF
            _ = ZoneFile(changed)?.offset(at: now)
        }
    }

    @Test("rules are read whole or not at all")
    func rules() {
        #expect(ZoneRule("CET-1CEST,M3.5.0,M10.5.0/3") != nil)
        #expect(ZoneRule("<+0330>-3:30<+0430>,J79/24,J263/24") != nil)
        for text in ["", "CE", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,,,"] {
            #expect(ZoneRule(text) == nil, "\(text)")
        }
    }
}

@Suite("Push: quiet hours")
struct QuietTests {
    private func end(_ hours: String, _ zone: String, _ time: String) throws -> String? {
        let quiet = try #require(QuietHours(hours, timeZone: zone))
        let file = try #require(ZoneBook(logger: Logger(label: "zones")).zone(zone))
        return quiet.end(at: try #require(Timestamp(iso8601: time)), in: file)?.iso8601
    }

    @Test("they begin and end by the app's own clock, over midnight too")
    func clock() throws {
        #expect(try end("22:00-07:00", "UTC", "2026-01-15T21:59:59.999Z") == nil)
        #expect(try end("22:00-07:00", "UTC", "2026-01-15T22:00:00.000Z") == "2026-01-16T07:00:00.000Z")
        #expect(try end("22:00-07:00", "UTC", "2026-01-16T06:59:59.999Z") == "2026-01-16T07:00:00.999Z")
        #expect(try end("22:00-07:00", "UTC", "2026-01-16T07:00:00.000Z") == nil)
        #expect(try end("12:30-13:15", "UTC", "2026-01-16T13:00:00.000Z") == "2026-01-16T13:15:00.000Z")
        #expect(try end("22:00-07:00", "Asia/Kolkata", "2026-01-15T17:00:00.000Z") == "2026-01-16T01:30:00.000Z")
    }

    @Test("the night on which the clocks are changed ends at the hour that it says")
    func change() throws {
        #expect(try end("22:00-07:00", "Europe/Berlin", "2026-03-28T22:00:00.000Z") == "2026-03-29T05:00:00.000Z")
        #expect(try end("22:00-07:00", "Europe/Berlin", "2026-10-24T22:00:00.000Z") == "2026-10-25T06:00:00.000Z")
    }

    @Test("what is no part of a day is refused")
    func broken() {
        for text in ["", "22:00", "22:00-22:00", "24:00-07:00", "22-07", "22:60-07:00", "a:b-c:d", "22:00-07:00-08:00"]
        {
            #expect(QuietHours(text, timeZone: "UTC") == nil, "\(text)")
        }
        for zone in ["", "../../etc/passwd", "/etc/localtime", "Europe/Ber lin"] {
            #expect(QuietHours("22:00-07:00", timeZone: zone) == nil, "\(zone)")
        }
    }
}

@Suite("Push: an app's wishes")
struct PolicyTests {
    @Test("they are read as they are written, and leave the rest to the configuration")
    func roundTrip() throws {
        var policy = PushPolicy()
        #expect(policy.settings.isEmpty)
        #expect(AppRules().with(policy) == AppRules())
        policy.isEnabled = false
        policy.title = "Grüße"
        policy.preview = 0
        policy.perHour = 3
        policy.quiet = try .daily(#require(QuietHours("22:00-07:05", timeZone: "Europe/Berlin")))
        #expect(try PushPolicy(settings: policy.settings) == policy)
        let rules = AppRules().with(policy)
        #expect(!rules.isEnabled && rules.title == "Grüße" && rules.preview == 0 && rules.perHour == 3)
        #expect(rules.quiet?.text == "22:00-07:05")
        policy.quiet = .never
        #expect(try PushPolicy(settings: policy.settings) == policy)
        #expect(rules.with(policy).quiet == nil)
    }

    @Test("what is not as it should be is named")
    func broken() {
        let wrong: [JSONObject] = [
            ["enabled": "yes"], ["title": ""], ["title": 1], ["preview": 201], ["preview": -1], ["per_hour": 0.5],
            ["quiet_hours": true], ["quiet_hours": ["from": "22:00"]],
            ["quiet_hours": ["from": "22:00", "to": "7"]],
        ]
        for settings in wrong {
            #expect(throws: ChatError.self, "\(settings)") { _ = try PushPolicy(settings: settings) }
        }
        #expect(throws: Never.self) { _ = try PushPolicy(settings: ["enabled": .null, "sound": "loud"]) }
    }

    @Test("Apple's own tokens are told from Firebase's")
    func routes() {
        func route(_ text: String) -> PushTokenProvider {
            PushToken(token: text, provider: .apns, platform: .ios).route
        }
        #expect(route(String(repeating: "aF", count: 32)) == .apns)
        #expect(route(String(repeating: "a", count: 63)) == .fcm)
        #expect(route(String(repeating: "a", count: 63) + "g") == .fcm)
        #expect(route("dQw4w9WgXcQ:APA91b" + String(repeating: "x", count: 120)) == .fcm)
    }
}
