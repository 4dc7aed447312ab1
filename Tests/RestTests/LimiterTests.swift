import PluginAPI
import Testing

@testable import RestPlugin

@Suite("Limits")
struct LimiterTests {
    private func limiter(_ settings: SettingsNode) throws -> MessageLimiter {
        MessageLimiter(try RestSettings(Settings(settings, schema: RestSettings.schema)))
    }

    @Test("by default 20 messages go at once, 10 more wait up to 2 s, the next is refused")
    func defaults() async throws {
        let limiter = try limiter([:])
        let device = DeviceIdentity(app: "a", device: "d")
        let now = NIODeadline.uptimeNanoseconds(1_000_000_000)
        for _ in 0..<20 { #expect(try await limiter.reserve(device, at: now).1 == nil) }
        for place in 1...10 {
            #expect(try await limiter.reserve(device, at: now).1 == .milliseconds(200 * place))
        }
        let failure = try #require(
            await #expect(throws: HTTPFailure.self) { _ = try await limiter.reserve(device, at: now) })
        #expect(failure.status == .tooManyRequests)
        #expect(failure.message == "Maximum 5 messages per second")
        #expect(failure.details["retry_after"] == 1)
        let (token, delay) = try await limiter.reserve(DeviceIdentity(app: "b", device: "d"), at: now)
        #expect(delay == nil)
        limiter.giveBack(device, token)
        #expect(try await limiter.reserve(device, at: now).1 == .seconds(2))
        #expect(try await limiter.reserve(device, at: now + .seconds(6)).1 == nil)
    }

    @Test("a rate of 0 lifts the limit")
    func unlimited() async throws {
        let limiter = try limiter(["message_rate": 0])
        for _ in 0..<1_000 {
            #expect(try await limiter.reserve(DeviceIdentity(app: "a", device: "d"), at: .now()).1 == nil)
        }
    }

    @Test("a table stays within its bound and forgets idle keys first")
    func bound() {
        let table = TokenBucketTable<Int>(TokenBucket(capacity: 1, refillPerSecond: 1), maxKeys: 256)
        let start = NIODeadline.uptimeNanoseconds(0)
        for key in 0..<10_000 { _ = table.take(key, at: start + .milliseconds(Int64(key))) }
        #expect(table.count <= 256)
        #expect(table.count > 0)
    }

    @Test(
        "times in words",
        arguments: [
            (1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (900, "15 minutes"), (61, "61 seconds"),
        ])
    func words(seconds: Int64, text: String) {
        #expect(DurationWords.text(seconds: seconds) == text)
    }

    @Test(
        "addresses are counted singly in IPv4 and by /56 in IPv6",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2ff::1", "20010db8000102::/56"),
            ("2001:db8:1:200::9", "20010db8000102::/56"), ("::ffff:192.0.2.1", "192.0.2.1"), ("unix:", "unix:"),
        ])
    func blocks(address: String, key: String) {
        #expect(ClientBlock.key(of: address) == key)
    }
}
