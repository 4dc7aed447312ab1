import PluginAPI
import Synchronization
import Testing

@testable import HostCore

@Suite("Health checks", .timeLimit(.minutes(10)))
struct HealthCheckTests {
    @Test("what fails is named with its reason, also beside a check of the same plugin that passes")
    func failures() async {
        let checks = HealthChecks()
        checks.add({ throw FakeError() }, by: "A")
        checks.add({}, by: "A")
        checks.add({}, by: "B")
        #expect(await checks.failures() == ["A": "FakeError()"])
        checks.removeAll(owner: "A")
        #expect(await checks.failures().isEmpty)
    }

    @Test("a check that hangs and ignores its cancellation fails, and is not asked again while it hangs")
    func hanging() async {
        let hang = Hang()
        defer { hang.release() }
        let asked = Mutex(0)
        let checks = HealthChecks(limit: .milliseconds(10))
        checks.add(
            {
                asked.withLock { $0 += 1 }
                await hang.wait()
            }, by: "A")
        for _ in 0..<3 { #expect(await checks.failures() == ["A": "no answer within 0.01 seconds"]) }
        // A busy machine may get there after the limit.
        while asked.withLock({ $0 }) == 0 { await Task.yield() }
        #expect(asked.withLock { $0 } == 1)
    }

    @Test("whoever asks while an answer is awaited gets that answer, and a fresh one is not asked for twice")
    func shared() async {
        let hang = Hang()
        let asked = Mutex(0)
        let checks = HealthChecks(interval: .seconds(3600), limit: .seconds(50))
        checks.add(
            {
                asked.withLock { $0 += 1 }
                await hang.wait()
                throw FakeError()
            }, by: "A")
        async let first = checks.failures()
        async let second = checks.failures()
        while asked.withLock({ $0 }) == 0 { await Task.yield() }
        hang.release()
        #expect(await [first, second] == [["A": "FakeError()"], ["A": "FakeError()"]])
        #expect(await checks.failures() == ["A": "FakeError()"])
        #expect(asked.withLock { $0 } == 1)
    }
}
