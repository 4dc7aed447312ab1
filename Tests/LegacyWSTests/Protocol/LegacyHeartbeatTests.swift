import NIOCore
import Testing

@testable import LegacyWSPlugin

@Suite("Legacy heartbeat")
struct LegacyHeartbeatTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func at(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    private func heartbeat(_ interval: Int = 30, _ stale: Int = 90) -> LegacyHeartbeat {
        LegacyHeartbeat(pingInterval: .seconds(interval), staleAfter: .seconds(stale), openedAt: start)
    }

    @Test("a ping each interval while each is answered, by a pong or a JSON ping")
    func answered() {
        var heartbeat = heartbeat()
        #expect(heartbeat.firstDeadline == at(30))
        for round in 1...20 as ClosedRange<Int64> {
            #expect(heartbeat.timerFired(at: at(round * 30)) == .ping(next: at(round * 30 + 30)))
            heartbeat.signOfLife(at: at(round * 30 + 1))
        }
    }

    @Test("one missed ping ends it at the next, without a word")
    func missed() {
        var heartbeat = heartbeat()
        heartbeat.signOfLife(at: at(29))
        #expect(heartbeat.timerFired(at: at(30)) == .ping(next: at(60)))
        #expect(heartbeat.timerFired(at: at(59)) == .sleep(until: at(60)))
        #expect(heartbeat.timerFired(at: at(60)) == .terminate)
    }

    @Test("without pings a peer is stale when it has been silent for long, and not before")
    func stale() {
        var heartbeat = heartbeat(0)
        #expect(heartbeat.firstDeadline == at(90))
        heartbeat.signOfLife(at: at(60))
        #expect(heartbeat.timerFired(at: at(90)) == .sleep(until: at(150)))
        #expect(heartbeat.timerFired(at: at(149)) == .sleep(until: at(150)))
        #expect(heartbeat.timerFired(at: at(150)) == .stale)
    }

    @Test("silence over the bound counts before a missed ping")
    func both() {
        var heartbeat = heartbeat(60, 90)
        #expect(heartbeat.timerFired(at: at(60)) == .ping(next: at(90)))
        #expect(heartbeat.timerFired(at: at(90)) == .stale)
    }
}
