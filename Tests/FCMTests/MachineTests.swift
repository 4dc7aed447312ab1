import PluginAPI
import Testing

@testable import FCMPlugin

private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
private let ok = ProjectMachine.Outcome.answer(
    status: 200, body: Array(#"{"name":"n"}"#.utf8), retryAfter: nil)

private func status(_ status: Int) -> ProjectMachine.Outcome { .answer(status: status, body: [], retryAfter: nil) }

@Suite("FCM: access tokens")
struct TokenCellTests {
    @Test("one fetch serves all who wait")
    func once() {
        var cell = AccessTokenCell()
        let fetches = [cell.wantsFetch(at: start), cell.wantsFetch(at: start)]
        #expect(fetches == [true, false])
        #expect(cell.answer(at: start) == .wait)
        cell.arrived("a", lifetime: .seconds(3_600), at: start)
        let isWanted = cell.wantsFetch(at: start)
        #expect(cell.answer(at: start) == .use("a") && !isWanted)
    }

    @Test("it is fetched anew ahead, and used until five minutes before its end")
    func ahead() {
        var cell = AccessTokenCell()
        _ = cell.wantsFetch(at: start)
        cell.arrived("a", lifetime: .seconds(3_600), at: start)
        #expect(cell.wantsFetch(at: start + .seconds(2_999)) == false)
        #expect(cell.wantsFetch(at: start + .seconds(3_000)) == true)
        #expect(cell.answer(at: start + .seconds(3_299)) == .use("a"))
        #expect(cell.answer(at: start + .seconds(3_300)) == .wait)
        cell.arrived("b", lifetime: .seconds(3_600), at: start + .seconds(3_301))
        #expect(cell.answer(at: start + .seconds(3_301)) == .use("b"))
    }

    @Test("of one that lives shortly half is used")
    func short() {
        var cell = AccessTokenCell()
        _ = cell.wantsFetch(at: start)
        cell.arrived("a", lifetime: .seconds(10), at: start)
        #expect(cell.answer(at: start + .seconds(4)) == .use("a"))
        let isWanted = cell.wantsFetch(at: start + .seconds(4))
        #expect(isWanted && cell.answer(at: start + .seconds(5)) == .wait)
    }

    @Test("failures are paused for, longer each time and a minute at most; an old token goes on serving")
    func failures() {
        var cell = AccessTokenCell()
        var now = start
        var pauses: [Int64] = []
        for _ in 0..<8 {
            #expect(cell.wantsFetch(at: now) == true)
            cell.failed("no", at: now, random: 1)
            guard case .unavailable(let pause, "no") = cell.answer(at: now) else {
                Issue.record("available")
                return
            }
            #expect(cell.wantsFetch(at: now + pause - .nanoseconds(1)) == false)
            pauses.append(pause.nanoseconds / 1_000_000_000)
            now = now + pause
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60])
        _ = cell.wantsFetch(at: now)
        cell.arrived("a", lifetime: .seconds(3_600), at: now)
        _ = cell.wantsFetch(at: now + .seconds(3_100))
        cell.failed("no", at: now + .seconds(3_100), random: 1)
        #expect(cell.answer(at: now + .seconds(3_100)) == .use("a"))
    }

    @Test("a token that was refused is dropped, unless another has come since")
    func rejected() {
        var cell = AccessTokenCell()
        _ = cell.wantsFetch(at: start)
        cell.arrived("a", lifetime: .seconds(3_600), at: start)
        cell.rejected("old")
        #expect(cell.answer(at: start) == .use("a"))
        cell.rejected("a")
        let isWanted = cell.wantsFetch(at: start)
        #expect(isWanted && cell.answer(at: start) == .wait)
    }
}

@Suite("FCM: a provider that is down")
struct BreakerTests {
    @Test("ten failures in a row stop the asking; one request finds out, and success opens the way")
    func trips() {
        var breaker = CircuitBreaker()
        for _ in 1..<CircuitBreaker.threshold {
            let (isOpen, pause) = (breaker.failed(at: start, random: 1), breaker.pause(at: start))
            #expect(!isOpen && pause == nil)
        }
        #expect(breaker.failed(at: start, random: 1) == true)
        let pauses = [breaker.pause(at: start), breaker.pause(at: start + .seconds(1))]
        #expect(pauses == [.seconds(2), .seconds(1)])
        #expect(breaker.pause(at: start + .seconds(2)) == nil)
        #expect(breaker.pause(at: start + .seconds(2)) != nil, "only one finds out")
        #expect(breaker.failed(at: start + .seconds(2), random: 1) == false)
        #expect(breaker.pause(at: start + .seconds(2)) == .seconds(4))
        #expect(breaker.pause(at: start + .seconds(6)) == nil)
        breaker.succeeded()
        let pause = breaker.pause(at: start + .seconds(6))
        #expect(breaker.isClosed && pause == nil)
    }

    @Test("a success between failures starts the count again; pauses end at a minute")
    func bounds() {
        var breaker = CircuitBreaker()
        for _ in 0..<3 {
            for _ in 1..<CircuitBreaker.threshold { _ = breaker.failed(at: start, random: 1) }
            breaker.succeeded()
        }
        #expect(breaker.isClosed)
        for _ in 0..<CircuitBreaker.threshold { _ = breaker.failed(at: start, random: 1) }
        var now = start
        for _ in 0..<10 {
            let pause = breaker.pause(at: now) ?? .zero
            #expect(pause <= .seconds(60))
            now = now + pause
            #expect(breaker.pause(at: now) == nil)
            _ = breaker.failed(at: now, random: 1)
        }
        #expect(breaker.pause(at: now) == .seconds(60))
    }

    @Test("a tenth of the requests may be repeated at once")
    func budget() {
        var budget = RetryBudget()
        let free = Int(RetryBudget.start)
        for _ in 0..<free { #expect(budget.spend() == true) }
        #expect(budget.spend() == false)
        for _ in 0..<11 { budget.earn() }
        let spent = [budget.spend(), budget.spend()]
        #expect(spent == [true, false])
        for _ in 0..<100_000 { budget.earn() }
        let most = (0..<1_000).count { _ in budget.spend() }
        #expect(most == Int(RetryBudget.most))
    }
}

@Suite("FCM: a project's pushes")
struct ProjectMachineTests {
    private var machine = ProjectMachine(patience: .seconds(10))

    private mutating func ready(_ jobs: ClosedRange<UInt64>) {
        for job in jobs { machine.submit(job, at: start) }
        #expect(machine.next(canSend: true, at: start) == .fetchToken)
        #expect(machine.next(canSend: true, at: start) == nil)
        _ = machine.tokenArrived("t", lifetime: .seconds(3_600), at: start)
    }

    @Test("they wait for a token together, then leave in order as far as there is room")
    mutating func order() {
        ready(1...3)
        #expect(machine.next(canSend: false, at: start) == nil)
        for job: UInt64 in 1...3 {
            #expect(machine.next(canSend: true, at: start) == .send(job, token: "t", onFreshConnection: false))
        }
        let last = machine.next(canSend: true, at: start)
        #expect(last == nil && machine.count == 3)
        #expect(machine.ended(2, ok, at: start, random: 1) == [.answer(2, PushAnswer(.accepted, "n"))])
        let nothing = machine.ended(2, ok, at: start, random: 1)
        #expect(nothing == [] && machine.count == 2)
    }

    @Test("a refused access token is fetched anew once for each push, however many were under way")
    mutating func unauthorized() {
        ready(1...2)
        for _ in 1...2 { _ = machine.next(canSend: true, at: start) }
        for job: UInt64 in 1...2 { #expect(machine.ended(job, status(401), at: start, random: 1) == []) }
        #expect(machine.next(canSend: true, at: start) == .fetchToken)
        #expect(machine.next(canSend: true, at: start) == nil)
        _ = machine.tokenArrived("new", lifetime: .seconds(3_600), at: start)
        guard case .send(let job, "new", false) = machine.next(canSend: true, at: start) else {
            Issue.record("not sent")
            return
        }
        let effects = machine.ended(job, status(401), at: start, random: 1)
        #expect(effects == [.report("401"), .answer(job, PushAnswer(.tryAgain(after: nil), "401"))])
    }

    @Test("when no access token is ever accepted, few are asked for, and the asking stops")
    mutating func neverAuthorized() {
        var (now, job, fetches, sends, reports, isDown) = (start, UInt64(0), 0, 0, 0, false)
        while now < start + .seconds(15), !isDown {
            job += 1
            machine.submit(job, at: now)
            while let effect = machine.next(canSend: true, at: now) {
                switch effect {
                case .fetchToken:
                    fetches += 1
                    _ = machine.tokenArrived("t\(fetches)", lifetime: .seconds(3_600), at: now)
                case .send(let job, _, _):
                    sends += 1
                    let effects = machine.ended(job, status(401), at: now, random: 1)
                    if effects.contains(.report("401")) { reports += 1 }
                case .answer(_, let answer): if answer.detail == "the provider is down" { isDown = true }
                default: break
                }
            }
            now = now + .milliseconds(10)
        }
        #expect(isDown, "the breaker opened")
        #expect(reports == 1, "it is said at once, and once")
        // One more by the push that finds the asking stopped.
        #expect(fetches <= 2 * CircuitBreaker.threshold + 1 && sends <= 2 * CircuitBreaker.threshold)
        #expect(now > start + .seconds(5), "tokens are fetched after pauses")
    }

    @Test("a token that is refused while the next is on its way is no reason to fetch a third")
    mutating func refusedAhead() {
        ready(1...1)
        _ = machine.next(canSend: true, at: start)
        _ = machine.ended(1, status(401), at: start, random: 1)
        _ = machine.next(canSend: true, at: start)
        _ = machine.tokenArrived("new", lifetime: .seconds(3_600), at: start)
        let late = start + .seconds(3_100)
        #expect(machine.next(canSend: true, at: late) == .fetchToken)
        #expect(machine.next(canSend: true, at: late) == .send(1, token: "new", onFreshConnection: false))
        _ = machine.ended(1, status(401), at: late, random: 1)
        machine.submit(2, at: late)
        let waits = machine.next(canSend: true, at: late)
        #expect(waits == nil)
    }

    @Test("a connection that breaks with all that is on it counts once")
    mutating func brokenTogether() {
        let count = UInt64(RetryBudget.start) + UInt64(CircuitBreaker.threshold) * 2
        ready(1...count)
        for _ in 1...count { _ = machine.next(canSend: true, at: start) }
        let together = (1...count).flatMap { machine.ended($0, .broken("curl 16"), at: start, random: 1) }
        let isQuiet = !together.contains(.report("curl 16"))
        #expect(isQuiet)
        // What is repeated over and over, a second apart, does open it.
        var reports = 0
        for second in 1...60 {
            let now = start + .seconds(Int64(second))
            guard case .send(let job, _, _) = machine.next(canSend: true, at: now) else { break }
            let effects = machine.ended(job, .broken("curl 16"), at: now, random: 1)
            if effects.contains(.report("curl 16")) { reports += 1 }
        }
        #expect(reports == 1)
    }

    @Test("a broken connection is replaced by one new one, and a request is repeated twice at most")
    mutating func broken() {
        ready(1...2)
        for _ in 1...2 { _ = machine.next(canSend: true, at: start) }
        for job: UInt64 in [2, 1] { #expect(machine.ended(job, .broken("curl 16"), at: start, random: 1) == []) }
        #expect(machine.next(canSend: true, at: start) == .send(1, token: "t", onFreshConnection: true))
        #expect(machine.next(canSend: true, at: start) == .send(2, token: "t", onFreshConnection: false))
        #expect(machine.ended(1, .broken("curl 92"), at: start, random: 1) == [])
        let later = start + .seconds(2)
        #expect(machine.next(canSend: true, at: later) == .send(1, token: "t", onFreshConnection: true))
        let end = machine.ended(1, .broken("curl 56"), at: later, random: 1)
        #expect(end == [.answer(1, PushAnswer(.tryAgain(after: nil), "curl 56"))])
    }

    @Test("when Firebase is down, nothing is sent, one request finds out, and it is said once each way")
    mutating func down() {
        let count = UInt64(CircuitBreaker.threshold)
        ready(1...count + 3)
        var reports: [ProjectMachine.Effect] = []
        for job in 1...count {
            _ = machine.next(canSend: true, at: start)
            reports += machine.ended(job, status(503), at: start, random: 1).filter { $0 == .report("503") }
        }
        #expect(reports.count == 1)
        guard case .answer(_, let answer) = machine.next(canSend: true, at: start) else {
            Issue.record("sent")
            return
        }
        #expect(answer.verdict == .unavailable(for: .seconds(2)))
        let later = start + .seconds(2)
        #expect(machine.next(canSend: true, at: later) == .send(count + 2, token: "t", onFreshConnection: false))
        guard case .answer(count + 3, _) = machine.next(canSend: true, at: later) else {
            Issue.record("a second one finds out")
            return
        }
        let up = machine.ended(count + 2, ok, at: later, random: 1)
        #expect(up == [.report(nil), .answer(count + 2, PushAnswer(.accepted, "n"))])
    }

    @Test("a request that finds out and breaks, or lacks a good token, leaves no dead end")
    mutating func probing() {
        let count = UInt64(CircuitBreaker.threshold)
        ready(1...count)
        for job in 1...count {
            _ = machine.next(canSend: true, at: start)
            _ = machine.ended(job, status(503), at: start, random: 1)
        }
        machine.submit(50, at: start)
        let later = start + .seconds(2)
        _ = machine.next(canSend: true, at: later)
        let broken = machine.ended(50, .broken("curl 16"), at: later, random: 1)
        #expect(broken.contains(.answer(50, PushAnswer(.tryAgain(after: nil), "curl 16"))))
        machine.submit(51, at: later)
        let last = later + .seconds(4)
        #expect(machine.next(canSend: true, at: last) == .send(51, token: "t", onFreshConnection: false))
        #expect(machine.ended(51, status(401), at: last, random: 1) == [.report(nil)])
    }

    @Test("without an access token they are given back: at once after a failure, else when their patience ends")
    mutating func withoutToken() {
        machine.submit(1, at: start)
        _ = machine.next(canSend: true, at: start)
        #expect(machine.nextDeadline == start + .seconds(10))
        #expect(machine.next(canSend: true, at: start + .seconds(9)) == nil)
        guard case .answer(1, let late) = machine.next(canSend: true, at: start + .seconds(10)) else {
            Issue.record("still waits")
            return
        }
        #expect(late.verdict == .unavailable(for: .seconds(1)))
        machine.submit(2, at: start)
        #expect(
            machine.tokenFailed("invalid_grant", at: start, random: 1) == [.report("no access token: invalid_grant")])
        guard case .answer(2, let refused) = machine.next(canSend: true, at: start) else {
            Issue.record("still waits")
            return
        }
        #expect(refused.verdict == .unavailable(for: .seconds(1)) && refused.detail == "no access token: invalid_grant")
    }

    @Test("a right that is missing is said at the first answer, and once until a message is taken")
    mutating func forbidden() {
        ready(1...4)
        let denied = ProjectMachine.Outcome.answer(
            status: 403, body: Array(#"{"error":{"status":"PERMISSION_DENIED","message":"not turned on"}}"#.utf8),
            retryAfter: nil)
        var said: [ProjectMachine.Effect] = []
        for job: UInt64 in 1...3 {
            _ = machine.next(canSend: true, at: start)
            let effects = machine.ended(job, denied, at: start, random: 1)
            said += effects.filter { if case .report = $0 { true } else { false } }
        }
        #expect(said == [.report("403 PERMISSION_DENIED not turned on")])
        // A token that comes meanwhile says nothing of it.
        #expect(machine.tokenArrived("t2", lifetime: .seconds(3_600), at: start) == [])
        _ = machine.next(canSend: true, at: start)
        #expect(machine.ended(4, ok, at: start, random: 1).first == .report(nil))
    }
}
