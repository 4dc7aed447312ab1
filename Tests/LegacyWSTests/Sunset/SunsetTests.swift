import HTTPTypes
import PluginAPI
import Testing

@testable import LegacyWSPlugin

@Suite("The end of the protocol")
struct SunsetTests {
    private func time(_ text: String) -> Timestamp { Timestamp(iso8601: text) ?? .epoch }

    @Test("a window lasts from its start to just before its end")
    func once() throws {
        let window = try #require(BrownoutSchedule.Window("2026-12-01T10:00:00Z/30m"))
        #expect(window.end(at: time("2026-12-01T09:59:59.999Z")) == nil)
        #expect(window.end(at: time("2026-12-01T10:00:00Z")) == time("2026-12-01T10:30:00Z"))
        #expect(window.end(at: time("2026-12-01T10:29:59.999Z")) == time("2026-12-01T10:30:00Z"))
        #expect(window.end(at: time("2026-12-01T10:30:00Z")) == nil)
        #expect(window.end(at: time("2026-12-02T10:10:00Z")) == nil)
    }

    @Test("a daily window comes every day, also over midnight")
    func daily() throws {
        let window = try #require(BrownoutSchedule.Window("23:50/20m"))
        #expect(window.end(at: time("2026-12-01T23:49:59Z")) == nil)
        #expect(window.end(at: time("2026-12-01T23:55:00Z")) == time("2026-12-02T00:10:00Z"))
        #expect(window.end(at: time("2026-12-02T00:09:59Z")) == time("2026-12-02T00:10:00Z"))
        #expect(window.end(at: time("2026-12-02T00:10:00Z")) == nil)
        #expect(window.end(at: time("1969-12-31T23:59:00Z")) == time("1970-01-01T00:10:00Z"))
    }

    @Test(
        "other texts are no windows",
        arguments: [
            "", "/", "10:00", "10:00/", "10:00/0s", "10:00/25h", "24:00/1m", "10:00/5", "2026-12-01/1h", "10:00/1m/1m",
        ])
    func noWindow(_ text: String) {
        #expect(BrownoutSchedule.Window(text) == nil)
    }

    @Test("a refusal says until when and fits into a close frame; of windows that overlap the longest counts")
    func refusal() throws {
        let windows = ["10:00/10m", "2026-12-01T10:05:00Z/1h"].compactMap { BrownoutSchedule.Window($0) }
        let policy = SunsetPolicy(brownouts: BrownoutSchedule(windows: windows))
        let refusal = try #require(policy.refusal(at: time("2026-12-01T10:06:00Z")))
        #expect(refusal.hasPrefix("Switched off until 2026-12-01T11:05Z;") && refusal.contains("/v1/socket.io"))
        #expect(refusal.utf8.count <= 123)
        #expect(policy.refusal(at: time("2026-12-01T12:00:00Z")) == nil)
        #expect(policy.notice == nil && !policy.isAnnounced)
    }

    @Test("settings: days and instants are read, and what is neither is told")
    func settings() throws {
        func read(_ name: String, _ text: String) throws -> LegacyWSSettings {
            let node = SettingsNode(dictionaryLiteral: (name, SettingsNode(text: text, origin: .default)))
            return try LegacyWSSettings(Settings(node, schema: LegacyWSSettings.schema))
        }
        #expect(try read("sunset", "2027-03-01").sunset.sunset == time("2027-03-01T00:00:00Z"))
        #expect(try read("sunset", "2027-03-01T12:00:00+01:00").sunset.sunset == time("2027-03-01T11:00:00Z"))
        #expect(try read("brownouts", "03:00/10m, 2026-12-01T10:00:00Z/30m").sunset.brownouts.windows.count == 2)
        for (name, text) in [
            ("sunset", "soon"), ("deprecated_since", "2027-02-30"), ("information_url", "javascript:x"),
            ("information_url", "https://a\"b"), ("brownouts", "03:00"), ("max_payload", "10"),
        ] {
            #expect(throws: SettingsError.self) { try read(name, text) }
        }
    }
}
