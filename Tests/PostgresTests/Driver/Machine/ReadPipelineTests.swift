import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Postgres pipeline: reads")
struct ReadPipelineTests {
    @Test("so many share a sync and so many are under way at most; each ends at its own last answer")
    func groups() {
        let run = MachineRun(.reading(groupsOf: 2, upTo: 3))
        for _ in 0..<4 { run.submit(["a", "b"]) }
        run.advance()
        #expect(run.effects() == ["send 1 2", "send 3"])
        run.answers(1)
        run.advance()
        #expect(run.effects().isEmpty)
        run.answers(1)
        run.advance()
        #expect(run.effects() == ["complete 1", "send 4"])
        run.answers(2)
        #expect(run.effects() == ["complete 2"])
        #expect(run.syncs())
        #expect(run.effects() == ["recovered"])
    }

    @Test("one that fails fails alone: those before it have their answers, those behind it are asked again")
    func failingGroup() {
        let run = MachineRun(.reading(groupsOf: 4, upTo: 9))
        for _ in 0..<4 { run.submit() }
        run.advance()
        run.answers(1)
        #expect(run.fails("57014"))
        run.machine.skipped(now: run.now)
        run.machine.skipped(now: run.now)
        // However long that took, the others are not to blame.
        run.advance(.seconds(9))
        #expect(run.syncs())
        #expect(run.effects() == ["send 1 2 3 4", "complete 1", "fail 2 57014", "send 3", "send 4"])
        run.answers(1)
        #expect(run.syncs())
        run.answers(1)
        #expect(run.syncs())
        #expect(run.effects() == ["complete 3", "recovered", "complete 4", "recovered"])
    }

    @Test("a loss concerns those only that lack an answer, and so does a cancellation")
    func settledGroup() {
        let run = MachineRun(.reading(groupsOf: 3, upTo: 9))
        let requests = (0..<3).map { _ in run.submit() }
        run.advance()
        run.answers(1)
        let isFirstForgotten = run.machine.cancelled(requests[0])
        let isLastForgotten = run.machine.cancelled(requests[2])
        #expect(!isFirstForgotten && isLastForgotten)
        run.lose()
        #expect(run.effects() == ["send 1 2 3", "complete 1", "drop", "reroute 2"])
    }

    @Test("reads of different syncs have nothing to do with each other")
    func failing() {
        let run = MachineRun(.reading(groupsOf: 1, upTo: 9))
        for _ in 0..<3 { run.submit(["a", "b"]) }
        run.advance()
        run.answers(2)
        #expect(run.syncs())
        run.answers(1)
        #expect(run.fails("22012"))
        #expect(run.syncs())
        run.answers(2)
        #expect(run.syncs())
        let ends = run.effects().filter { !$0.hasPrefix("send") && $0 != "recovered" }
        #expect(ends == ["complete 1", "fail 2 22012", "complete 3"])
    }

    @Test("reads of a lost connection are asked elsewhere, but none is the death of two")
    func loss() {
        let run = MachineRun(.reading(groupsOf: 1, upTo: 2))
        let requests = (0..<3).map { _ in run.submit() }
        run.advance()
        run.lose()
        #expect(run.effects() == ["send 1", "send 2", "drop", "reroute 1 2 3"])
        run.advance(.seconds(1))
        run.machine.connected(now: run.now)
        for request in requests { run.machine.submitted(request, now: run.now) }
        run.advance()
        _ = run.effects()
        run.lose()
        #expect(run.effects() == ["drop", "fail 1 connection", "fail 2 connection", "reroute 3"])
    }

    @Test("a cancelled read is forgotten wherever it is")
    func cancelling() {
        let run = MachineRun(.reading(groupsOf: 1, upTo: 1))
        let sent = run.submit()
        run.advance()
        let waiting = run.submit()
        let isWaitingForgotten = run.machine.cancelled(waiting)
        let isSentForgotten = run.machine.cancelled(sent)
        #expect(isWaitingForgotten && isSentForgotten && sent.isAbandoned)
        run.lose()
        #expect(run.effects() == ["send 1", "drop"])
    }
}
