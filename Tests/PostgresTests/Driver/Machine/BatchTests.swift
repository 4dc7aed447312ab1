import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Postgres pipeline: batches")
struct BatchTests {
    @Test("a lone write is sent at once and ends at its sync, not at its answers")
    func lone() {
        let run = MachineRun()
        run.submit(["lock", "insert"])
        run.advance()
        #expect(run.effects() == ["send 1"])
        #expect(run.answers(2) == [1, 1])
        run.advance()
        #expect(run.effects().isEmpty)
        #expect(run.syncs())
        #expect(run.effects() == ["complete 1", "recovered"])
        #expect(run.machine.isIdle && run.machine.wakeAt == nil)
    }

    @Test("what arrives while a batch is under way becomes the next one")
    func gathering() {
        let run = MachineRun()
        run.submit()
        run.advance()
        for _ in 0..<3 { run.submit() }
        run.advance()
        #expect(run.effects() == ["send 1"])
        run.answers(1)
        #expect(run.syncs())
        #expect(run.effects() == ["complete 1", "recovered", "send 2 3 4"])
    }

    @Test("a batch is sorted by lane, and each lane keeps the order of arrival")
    func order() {
        let run = MachineRun()
        let lanes = ["a", "b", "c"].sorted { LaneKey($0) < LaneKey($1) }
        for lane in [lanes[1], lanes[0], lanes[2], lanes[0], lanes[1]] { run.submit(lane: lane) }
        run.advance()
        #expect(run.effects() == ["send 2 4 1 5 3"])
    }

    @Test("no batch is larger than the limit")
    func limit() {
        let run = MachineRun(.writing(batchesOf: 3))
        for _ in 0..<7 { run.submit() }
        run.advance()
        #expect(run.effects() == ["send 1 2 3"])
        for (batch, next) in [(3, "send 4 5 6"), (3, "send 7")] {
            run.answers(batch)
            #expect(run.syncs())
            #expect(run.effects().last == next)
        }
    }

    @Test("each statement is prepared before its first use, in a transaction of its own, and again after a loss")
    func preparing() {
        let run = MachineRun(prepares: true)
        run.submit(["lock", "insert"])
        run.submit(["lock", "read"])
        run.advance()
        #expect(run.effects() == ["prepare lock", "prepare insert", "prepare read", "send 1 2"])
        for _ in 0..<3 {
            #expect(run.answers(1) == [nil])
            #expect(run.syncs())
        }
        #expect(run.answers(4) == [1, 1, 2, 2])
        #expect(run.syncs())
        #expect(run.effects() == ["complete 1 2", "recovered"])
        run.submit(["insert"])
        run.advance()
        #expect(run.effects() == ["send 3"])
        run.lose()
        run.advance(.seconds(1))
        run.machine.connected(now: run.now)
        run.submit(["insert"])
        run.advance()
        #expect(run.effects().suffix(2) == ["prepare insert", "send 4"])
    }

    @Test("the answer to the driver's own first statement is nobody's")
    func preamble() {
        let run = MachineRun(hasPreamble: true)
        run.submit(["a", "b"])
        run.advance()
        #expect(run.answers(3) == [nil, 1, 1])
        #expect(run.syncs())
        #expect(run.effects() == ["send 1", "complete 1", "recovered"])
    }

    @Test("one that waited too long to be sent fails, the others go out")
    func overdue() {
        let run = MachineRun()
        run.submit()
        run.advance()
        run.submit(wait: .seconds(1))
        run.submit(wait: .seconds(3))
        #expect(run.machine.wakeAt == run.now + .seconds(1))
        run.advance(.seconds(1))
        #expect(run.effects() == ["send 1", "fail 2 waitedTooLong"])
        run.answers(1)
        #expect(run.syncs())
        #expect(run.effects() == ["complete 1", "recovered", "send 3"])
    }

    @Test("a cancelled write is taken back while it waits, and runs to its end when it was sent")
    func cancelling() {
        let run = MachineRun()
        let sent = run.submit()
        run.advance()
        let waiting = run.submit()
        let isTakenBack = run.machine.cancelled(waiting)
        let isSentTakenBack = run.machine.cancelled(sent)
        #expect(isTakenBack && !isSentTakenBack)
        run.answers(1)
        #expect(run.syncs())
        #expect(run.effects() == ["send 1", "complete 1", "recovered"])
        #expect(run.machine.isIdle)
    }
}
