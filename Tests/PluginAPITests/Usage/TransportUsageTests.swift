import HTTPTypes
import PluginAPI
import Testing

@Suite("Reports of use")
struct TransportUsageTests {
    private let now = Timestamp(milliseconds: 1_769_681_757_120)

    private func zero(_ weeks: [Int]) -> Int64? {
        let usage = TransportUsage(
            transport: .legacy, software: nil, lastDay: 0, lastWeek: weeks[0], lastMonth: 0, weeks: weeks,
            lastSeen: now)
        return usage.projectedZero(at: now).map { $0.milliseconds(since: now) / 86_400_000 }
    }

    @Test("a steady fall reaches nothing where its line does")
    func steady() {
        // The newest week stands for its middle, three and a half days ago; it loses ten devices a week.
        #expect(zero([10, 20, 30, 40]) == 3)
        #expect(zero([30, 40, 50, 60]) == 17)
    }

    @Test(
        "what stands still, grows, or is gone has no such day",
        arguments: [[5, 5, 5, 5], [9, 8, 7, 6], [0, 5, 9, 20]])
    func none(_ weeks: [Int]) {
        #expect(zero(weeks) == nil)
    }

    @Test("a fall that is over by the line is over now")
    func past() {
        #expect(zero([1, 0, 0, 100]) == 0)
    }

    @Test("trend is the last week against the one before")
    func trend() {
        let usage = TransportUsage(
            transport: .legacy, software: nil, lastDay: 1, lastWeek: 2, lastMonth: 9, weeks: [2, 7, 0, 0],
            lastSeen: now)
        #expect(usage.trend == -5)
    }

    @Test(
        "platforms are told or guessed",
        arguments: [
            ("okhttp/4.12.0", Platform.android), ("MyApp/1 CFNetwork/1490 Darwin/23", .ios),
            ("Mozilla/5.0 (iPhone; CPU)", .ios), ("Mozilla/5.0 (Linux; Android 14)", .android),
            ("Mozilla/5.0 (X11; Linux)", .web), ("curl/8", .unknown), ("", .unknown),
        ])
    func platform(_ agent: String, _ expected: Platform) {
        var headers = HTTPFields()
        headers[.userAgent] = agent
        let guessed = ClientSoftware(transport: .legacy, protocolName: "p", headers: headers) { _ in nil }
        #expect(guessed.platform == expected && guessed.sdkVersion == "unknown")
        let told = ClientSoftware(transport: .legacy, protocolName: "p", headers: headers) { name in
            ["platform": "DESKTOP", "sdk_version": "1.2.3-rc+4"][name]
        }
        #expect(told.platform == .desktop && told.sdkVersion == "1.2.3-rc+4")
    }

    @Test(
        "versions of another form are not kept", arguments: ["", "1 2", "1\n", "é", String(repeating: "1", count: 33)])
    func version(_ text: String) {
        #expect(ClientSoftware(transport: .legacy, protocolName: "p", sdkVersion: text).sdkVersion == "unknown")
    }

}
