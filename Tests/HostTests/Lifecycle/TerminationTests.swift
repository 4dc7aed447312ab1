import Testing

@testable import HostCore

@Suite("The end of the process")
struct TerminationTests {
    private let now = ContinuousClock.now

    @Test("the first signal begins it, and the second ends the process at once")
    func signals() {
        var termination = Termination()
        let serves = termination.serve()
        #expect(serves)
        let effect = termination.receive("SIGTERM", deadline: .seconds(30), at: now)
        #expect(effect == .begin)
        guard case .end(let end) = termination.receive("SIGINT", deadline: .seconds(30), at: now) else {
            Issue.record("the second signal did not end it")
            return
        }
        #expect(end.code == 130)
    }

    @Test("it has the deadline and what stopping takes, and no end before a signal")
    func deadline() {
        var termination = Termination()
        _ = termination.serve()
        #expect(termination.limit == nil && termination.end(at: now + .seconds(1_000_000)) == nil)
        _ = termination.receive("SIGTERM", deadline: .seconds(8), at: now)
        #expect(termination.end(at: now + .seconds(9)) == nil)
        #expect(termination.end(at: now + .seconds(10))?.code == 124)
    }

    @Test("a start that is given up is over soon, and the process does not serve any more")
    func start() {
        var termination = Termination()
        _ = termination.receive("SIGTERM", deadline: .seconds(3600), at: now)
        let serves = termination.serve()
        #expect(!serves)
        #expect(termination.end(at: now + .seconds(1)) == nil)
        #expect(termination.end(at: now + .seconds(2))?.code == 0)
    }
}
