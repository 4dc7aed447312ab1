import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Postgres pipeline: failing batches")
struct FailingBatchTests {
    /// A batch of so many writes of two steps, one of which fails at a step.
    private func failed(_ count: Int, at place: Int, step: Int = 0, _ state: String) -> MachineRun {
        let run = MachineRun()
        for _ in 0..<count { run.submit(["lock", "insert"]) }
        run.advance()
        run.answers(place * 2 + step)
        #expect(run.fails(state))
        run.machine.skipped(now: run.now)
        return run
    }

    @Test("of a failing batch each gets a transaction of its own and only the offender fails", arguments: 0..<3, 0..<2)
    func offender(place: Int, step: Int) {
        let run = failed(3, at: place, step: step, "23505")
        #expect(run.syncs())
        #expect(run.effects() == ["send 1 2 3", "send 1", "send 2", "send 3"])
        for number in 0..<3 {
            if number == place {
                run.answers(step)
                #expect(run.fails("23505"))
            } else {
                #expect(run.answers(2) == [UInt64(number + 1), UInt64(number + 1)])
            }
            #expect(run.syncs())
            let end = number == place ? ["fail \(number + 1) 23505"] : ["complete \(number + 1)", "recovered"]
            #expect(run.effects() == end)
        }
        #expect(run.machine.isIdle)
    }

    @Test("a lone write that fails is not run again")
    func lone() {
        let run = failed(1, at: 0, "42P01")
        #expect(run.syncs())
        #expect(run.effects() == ["send 1", "fail 1 42P01"])
    }

    @Test("those who arrive meanwhile wait until the batch is settled, so that lanes keep their order")
    func arrivals() {
        let run = failed(2, at: 0, "23505")
        run.submit(["insert"])
        #expect(run.syncs())
        #expect(run.effects() == ["send 1 2", "send 1", "send 2"])
        #expect(run.fails("23505"))
        #expect(run.syncs())
        #expect(run.effects() == ["fail 1 23505"])
        run.answers(2)
        #expect(run.syncs())
        #expect(run.effects() == ["complete 2", "recovered", "send 3"])
    }

    @Test("so many single ones are under way at most")
    func window() {
        let run = failed(40, at: 39, "23505")
        #expect(run.syncs())
        #expect(run.effects().count == 1 + PipelineRules.repeatWindow)
        run.answers(2)
        #expect(run.syncs())
        #expect(run.effects() == ["complete 1", "recovered", "send 17"])
    }

    @Test("who ran out of time fails at once, and the others go one after the other")
    func timeout() {
        let run = failed(4, at: 1, "57014")
        #expect(run.syncs())
        #expect(run.effects() == ["send 1 2 3 4", "fail 2 57014", "send 1"])
        run.answers(2)
        #expect(run.syncs())
        #expect(run.effects() == ["complete 1", "recovered", "send 3"])
        // The second one says that it is not the one write but the database.
        #expect(run.fails("57014"))
        #expect(run.syncs())
        #expect(run.effects() == ["fail 3 57014", "fail 4 57014"])
        #expect(run.machine.isIdle)
    }

    @Test("whose time is over when the batch failed is not sent again")
    func tooLate() {
        let run = failed(2, at: 0, "40P01")
        run.advance(.seconds(6))
        #expect(run.syncs())
        #expect(run.effects() == ["send 1 2", "fail 1 waitedTooLong", "fail 2 waitedTooLong"])
    }

    @Test("a full disk is reported, and fails those only that find no room")
    func fullDisk() {
        let run = failed(2, at: 1, "53100")
        #expect(run.syncs())
        #expect(run.effects() == ["send 1 2", "suffered", "send 1", "send 2"])
        run.answers(2)
        #expect(run.syncs())
        #expect(run.fails("53100"))
        #expect(run.syncs())
        #expect(run.effects() == ["complete 1", "recovered", "suffered", "fail 2 53100"])
    }

    @Test("a statement that cannot be prepared fails with that cause, and only those who use it")
    func preparation() {
        let run = MachineRun(prepares: true)
        run.submit(["good"])
        run.submit(["bad"])
        run.advance()
        #expect(run.effects() == ["prepare good", "prepare bad", "send 1 2"])
        run.answers(1)
        #expect(run.syncs())
        #expect(run.fails("42P01"))
        #expect(run.syncs())
        run.answers(1)
        #expect(run.fails("26000"))
        #expect(run.syncs())
        #expect(run.effects() == ["send 1", "prepare bad", "send 2"])
        run.answers(1)
        #expect(run.syncs())
        #expect(run.fails("42P01"))
        #expect(run.syncs())
        #expect(run.fails("26000"))
        #expect(run.syncs())
        #expect(run.effects() == ["complete 1", "recovered", "fail 2 42P01"])
    }

    @Test(
        "errors that end the connection are no answers",
        arguments: [
            "57P01", "57P02", "57P03", "08006", "25006", "53300", "26000", "42P05", "0A000",
        ])
    func fatal(state: String) {
        let run = MachineRun()
        run.submit()
        run.advance()
        let isOfUse = run.fails(state)
        #expect(!isOfUse)
    }
}
