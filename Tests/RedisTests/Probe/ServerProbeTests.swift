import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis: whether a server carries and takes what it is given")
struct ServerProbeTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private let patience = TimeAmount.seconds(5)
    private let oom = RedisFailure(refusal: "OOM command not allowed when used memory > 'maxmemory'.")
    private let forbidden = RedisFailure(refusal: "NOPERM this user has no permissions to run the 'publish' command")

    private func opened() -> ServerProbe {
        var probe = ServerProbe(patience: patience)
        probe.opened(at: start)
        return probe
    }

    /// A round whose commands are answered so, and whose publication comes back.
    private func round(_ probe: inout ServerProbe, _ refusal: RedisFailure?, at now: NIODeadline) -> Bool? {
        guard case .send(let number, let isThorough) = probe.advance(to: now) else { return nil }
        probe.answered(number, .published(refusal: refusal), at: now)
        probe.heard(number)
        return isThorough
    }

    @Test("it carries when a publication was taken and came back, in any order")
    func proof() {
        for hearsFirst in [true, false] {
            var probe = opened()
            #expect(probe.advance(to: start) == .send(number: 1, isThorough: true))
            if hearsFirst { probe.heard(1) } else { probe.answered(1, .published(refusal: nil), at: start) }
            #expect(!probe.verdict.carries)
            if hearsFirst { probe.answered(1, .published(refusal: nil), at: start) } else { probe.heard(1) }
            #expect(probe.verdict.carries && probe.wakeAt == start + .seconds(1))
        }
    }

    @Test("it is tried again each second, and with every command each five")
    func rounds() {
        var probe = opened()
        var thorough: [Bool] = []
        for second in 0..<11 {
            #expect(probe.wakeAt == start + .seconds(Int64(second)))
            thorough.append(round(&probe, nil, at: start + .seconds(Int64(second))) ?? false)
        }
        #expect(thorough.indices.filter { thorough[$0] } == [0, 5, 10])
    }

    @Test("what is taken and does not come back in time ends both connections")
    func deaf() {
        var probe = opened()
        _ = probe.advance(to: start)
        probe.answered(1, .published(refusal: nil), at: start)
        // Another round's does not count.
        probe.heard(7)
        #expect(probe.wakeAt == start + patience)
        #expect(probe.advance(to: start + patience - .nanoseconds(1)) == nil)
        guard case .giveUp(let failure) = probe.advance(to: start + patience) else {
            Issue.record("it goes on")
            return
        }
        #expect(failure.description.contains("does not come back"))
    }

    @Test("a publication that is refused is told in the server's words at once, and tried again each second")
    func unpublished() {
        var probe = opened()
        _ = round(&probe, nil, at: start)
        let later = start + .seconds(1)
        _ = probe.advance(to: later)
        probe.answered(2, .unpublished(forbidden, refusal: nil), at: later)
        #expect(!probe.verdict.carries && probe.verdict.failure == forbidden)
        #expect(round(&probe, nil, at: later + .seconds(1)) == true)
        #expect(probe.verdict == ServerProbe.Verdict(carries: true))
    }

    @Test("an answer that says elsewhere counts only when it goes on for longer than the patience")
    func elsewhere() {
        var probe = opened()
        _ = round(&probe, nil, at: start)
        let down = RedisFailure(refusal: "CLUSTERDOWN The cluster is down")
        for second in 1...6 {
            let now = start + .seconds(Int64(second))
            guard case .send(let number, _) = probe.advance(to: now) else { continue }
            probe.answered(number, .inconclusive(down), at: now)
            #expect(probe.verdict.carries == (second < 6))
        }
        #expect(probe.verdict.failure == down)
    }

    @Test("a refusal is told once; one that comes and goes has to stay away for longer each time")
    func relapse() {
        var probe = opened()
        var now = start
        var changes = 0
        var before = probe.verdict.refusal
        // Nearly full: every other round is refused, for two minutes.
        for second in 0..<120 {
            now = start + .seconds(Int64(second))
            _ = round(&probe, second % 2 == 0 ? oom : nil, at: now)
            if probe.verdict.refusal != before { changes += 1 }
            before = probe.verdict.refusal
        }
        #expect(changes < 5, "\(changes)")
        for second in 120..<200 { _ = round(&probe, nil, at: start + .seconds(Int64(second))) }
        #expect(probe.verdict.refusal == nil && probe.verdict.carries)
    }

    @Test("what is said of a status: each state once, each word of the server once in it")
    func report() {
        var report = StatusReport()
        var status = ClientStatus()
        func after(_ change: (inout ClientStatus) -> Void) -> StatusReport.Line? {
            change(&status)
            return report.take(status)
        }
        let cut = RedisFailure(.connection, "the server closed the connection")
        #expect(report.take(status) == .broken(RedisFailure(.timeout, "it did not answer")))
        _ = after { $0.commandsChanged(.success(())) }
        _ = after { $0.heard(.restored) }
        #expect(after { $0.probed(.init(carries: true)) } == .works(isFirst: false))
        #expect(after { $0.heard(.lost(cut)) } == .broken(cut))
        #expect(after { $0.heard(.failed(forbidden)) } == .broken(forbidden))
        for _ in 0..<3 {
            #expect(after { $0.probed(.init()) } == nil)
            #expect(after { $0.heard(.restored) } == nil)
            #expect(after { $0.heard(.lost(forbidden)) } == nil)
            #expect(after { $0.heard(.failed(cut)) } == nil)
        }
        #expect(after { $0.heard(.restored) } == nil)
        #expect(after { $0.probed(.init(carries: true)) } == .works(isFirst: false))
        #expect(after { $0.probed(.init(carries: true, refusal: oom)) } == .refused(oom))
        #expect(after { $0.probed(.init(carries: true, refusal: oom)) } == nil)
        #expect(after { $0.probed(.init(carries: true)) } == .works(isFirst: false))
        #expect(after { $0.commandsChanged(.failure(.closed)) } == nil)
    }
}
