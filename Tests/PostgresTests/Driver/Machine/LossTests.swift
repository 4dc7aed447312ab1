import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Postgres pipeline: losing the connection")
struct LossTests {
    @Test("who was sent and not acknowledged has an unknown outcome, wherever it is lost", arguments: 0...4)
    func underWay(answers: Int) {
        let run = MachineRun()
        for _ in 0..<2 { run.submit(["lock", "insert"]) }
        run.advance()
        run.submit()
        run.answers(answers)
        run.lose()
        #expect(run.effects() == ["send 1 2", "drop", "suffered", "fail 1 outcomeUnknown", "fail 2 outcomeUnknown"])
        // Who was not sent goes out over the next connection.
        run.advance(.seconds(1))
        run.machine.connected(now: run.now)
        run.advance()
        #expect(run.effects() == ["connect", "recovered", "send 3"])
    }

    @Test("whether a write was committed is the first question over the next connection, and of the one after a loss")
    func inquiry() {
        let run = MachineRun()
        run.machine.submitted(TracedRequest(number: 7, run), now: run.now)
        run.advance()
        run.submit()
        run.lose()
        #expect(run.effects() == ["send 7", "drop", "suffered", "fail 7 outcomeUnknown"])
        for _ in 0..<2 {
            run.advance(.seconds(1))
            run.machine.connected(now: run.now)
            run.advance()
            #expect(run.effects() == ["connect", "recovered", "send 7"])
            run.lose()
            #expect(run.effects() == ["drop", "suffered", "fail 7 outcomeUnknown"])
        }
        run.advance(.seconds(1))
        run.machine.connected(now: run.now)
        run.advance()
        run.answers(1)
        #expect(run.syncs())
        #expect(run.effects() == ["connect", "recovered", "send 7", "complete 7", "recovered", "send 1"])
    }

    @Test("after the sync nothing is in doubt")
    func afterSync() {
        let run = MachineRun()
        run.submit()
        run.advance()
        run.answers(1)
        #expect(run.syncs())
        run.lose()
        #expect(run.effects() == ["send 1", "complete 1", "recovered", "drop"])
    }

    @Test("those of a failed batch that were not sent again are known not to be stored, and go first")
    func duringRepeats() {
        let run = MachineRun()
        for _ in 0..<20 { run.submit() }
        run.advance()
        #expect(run.fails("23505"))
        run.submit()
        #expect(run.syncs())
        _ = run.effects()
        run.lose()
        let effects = run.effects()
        #expect(effects.filter { $0.hasSuffix("outcomeUnknown") }.count == PipelineRules.repeatWindow)
        run.advance(.seconds(1))
        run.machine.connected(now: run.now)
        run.advance()
        #expect(run.effects().last == "send 17 18 19 20 21")
    }

    @Test("a server that owes an answer and is silent for too long is given up, an idle one never")
    func silence() {
        let run = MachineRun()
        run.advance(.seconds(1_000))
        #expect(run.effects().isEmpty)
        run.submit(["lock", "insert"])
        run.advance()
        run.advance(MachineRun.silence - .seconds(1))
        run.answers(1)
        run.advance(MachineRun.silence - .seconds(1))
        #expect(run.effects() == ["send 1"])
        #expect(run.machine.wakeAt == run.now + .seconds(1))
        run.advance(.seconds(1))
        #expect(run.effects() == ["drop", "suffered", "fail 1 outcomeUnknown"])
    }

    @Test("attempts are spaced by doubling times up to the cap, spread by half")
    func backoff() {
        let backoff = Backoff()
        #expect(backoff.delay(after: 0, jitter: 0) == .milliseconds(50))
        #expect(backoff.delay(after: 0, jitter: 1) == .milliseconds(100))
        #expect(backoff.delay(after: 3, jitter: 1) == .milliseconds(800))
        for failures in [6, 16, 63, 64, 1_000, Int.max] {
            #expect(backoff.delay(after: failures, jitter: 1) == .seconds(5))
            #expect(backoff.delay(after: failures, jitter: 0) == .milliseconds(2_500))
        }
    }

    @Test("while attempts fail nobody waits, and callers hear when to come back")
    func down() {
        let run = MachineRun()
        run.lose()
        run.submit()
        run.advance(.milliseconds(100))
        #expect(run.effects() == ["drop", "connect"])
        run.machine.connectFailed(
            PostgresFailure(kind: .connection, message: "refused"), now: run.now, jitter: 0.999_999)
        #expect(run.effects() == ["suffered", "fail 1 connection"])
        run.submit()
        let refusals = run.machine.takeEffects()
        guard case .fail(_, let failure) = refusals.first else {
            Issue.record("it was let in")
            return
        }
        #expect(failure.retryAfter != nil)
        run.advance(.seconds(1))
        #expect(run.effects() == ["connect"])
        run.machine.connected(now: run.now)
        run.submit()
        run.advance()
        #expect(run.effects() == ["recovered", "send 3"])
    }

    @Test("when another connection is made there is no reason to wait for long, nor to connect at once")
    func returning() {
        let run = MachineRun()
        run.lose()
        let first = run.machine.wakeAt
        run.machine.serverReturned(now: run.now, jitter: 0)
        #expect(run.machine.wakeAt == first)
        for _ in 0..<6 {
            run.advance(.seconds(6))
            let refused = PostgresFailure(kind: .connection, message: "refused")
            run.machine.connectFailed(refused, now: run.now, jitter: 0.999_999)
        }
        run.machine.serverReturned(now: run.now, jitter: 0)
        #expect(run.machine.wakeAt == run.now + .milliseconds(50))
    }

    @Test("what makes no sense ends the connection, not the process")
    func senseless() {
        let run = MachineRun()
        #expect(run.answers(1) == [nil])
        let isFailureExpected = run.fails("22000")
        let isSyncExpected = run.syncs()
        #expect(!isFailureExpected && !isSyncExpected)
        run.submit(["a", "b"])
        run.advance()
        run.answers(1)
        let isEarlySyncExpected = run.syncs()
        #expect(!isEarlySyncExpected)
        run.answers(1)
        #expect(run.answers(3) == [nil, nil, nil])
    }

    @Test("closing fails whoever is left, and refuses whoever comes and a connection that comes late")
    func closing() {
        let run = MachineRun()
        run.submit()
        run.advance()
        run.submit()
        run.machine.closed(PostgresFailure(kind: .closed, message: "closed"))
        #expect(run.effects() == ["send 1", "drop", "fail 1 closed", "fail 2 closed"])
        run.submit()
        #expect(run.effects() == ["fail 3 connection"])
        run.advance(.seconds(100))
        run.machine.connected(now: run.now)
        #expect(run.effects() == ["drop"])
        #expect(run.machine.wakeAt == nil)
    }
}

/// A write that can be asked about; the question has its number.
private final class TracedRequest: PipelineRequest, @unchecked Sendable {  // As PipelineRequest.
    init(number: UInt64, _ run: MachineRun) {
        super.init(
            steps: [Step(Statement("a", "SELECT"))], lane: LaneKey("x"), deadline: run.now + .seconds(5))
        self.number = number
    }

    override func makeInquiry() -> PipelineRequest? {
        InquiryRequest(Self.question, lane: LaneKey("x"), number: number) { _ in }
    }

    private static let question = Inquiry<Int>(steps: [Step(Statement("b", "SELECT"))]) { _ in nil }
}
