import PluginAPI
import Testing

@testable import PushPlugin

@Suite("Push: whether it leaves")
struct JudgeTests {
    private let judge = PushJudge(recheck: .seconds(50))
    private var facts = PushJudge.Facts(rules: AppRules(), obstacle: nil, quietUntil: nil, isOnline: false)

    @Test("it leaves when the device is away and has not said that it has the message")
    func leaves() {
        #expect(judge.judge(waiting(), facts, at: now) == .ready)
        #expect(judge.judge(waiting(sender: .system), facts, at: now) == .ready)
        // The states of sending clients say nothing of receiving ones.
        #expect(judge.judge(waiting(status: .failed), facts, at: now) == .ready)
    }

    @Test("it is cancelled when there is no need", arguments: [MessageStatus.delivered, .read])
    func needless(status: MessageStatus) {
        #expect(
            judge.judge(waiting(status: status), facts, at: now) == .settle(.cancelled, "the device has the message"))
    }

    @Test("it is cancelled when there is nobody to tell or nothing to say")
    func nobody() {
        func state(_ push: WaitingPush, _ change: (inout PushJudge.Facts) -> Void = { _ in }) -> PushState? {
            var facts = facts
            change(&facts)
            guard case .settle(let state, _) = judge.judge(push, facts, at: now) else { return nil }
            return state
        }
        #expect(state(waiting(isGone: true)) == .cancelled)
        #expect(state(waiting(sender: .user)) == .cancelled)
        #expect(state(waiting(token: nil)) == .cancelled)
        #expect(state(waiting()) { $0.obstacle = .lasting("none") } == .cancelled)
        #expect(state(waiting()) { $0.rules.isEnabled = false } == .cancelled)
    }

    @Test("what is missing at the moment is waited for, ten minutes and no longer")
    func passing() {
        var facts = facts
        facts.obstacle = .passing("none")
        let pause = PushJudge.obstaclePause
        #expect(judge.judge(waiting(), facts, at: now) == .hold(.retry, until: now + pause, "none"))
        #expect(judge.judge(waiting(hold: .cap), facts, at: now) == .hold(.cap, until: now + pause, "none"))
        let last = now + .seconds(599)
        #expect(judge.judge(waiting(), facts, at: last) == .hold(.retry, until: last + pause, "none"))
        #expect(judge.judge(waiting(), facts, at: now + .seconds(600)) == .settle(.cancelled, "none"))
        #expect(judge.judge(waiting(token: nil), facts, at: now) != .hold(.retry, until: now + pause, "none"))
    }

    @Test("what could not be sent in time fails")
    func late() {
        let verdict = judge.judge(waiting(), facts, at: now + .seconds(86_400))
        #expect(verdict == .settle(.failed, "it could not be sent in time"))
    }

    @Test("a connected device is looked at once more, and then it is enough")
    func online() {
        var facts = facts
        facts.isOnline = true
        guard case .hold(.online, let until, _) = judge.judge(waiting(), facts, at: now) else {
            Issue.record("not held")
            return
        }
        #expect(until == now + .seconds(50))
        #expect(judge.judge(waiting(hold: .online), facts, at: until) == .settle(.cancelled, "the device is connected"))
        facts.isOnline = false
        #expect(judge.judge(waiting(hold: .online), facts, at: until) == .ready)
        facts.isOnline = true
        let never = PushJudge(recheck: .zero)
        #expect(never.judge(waiting(), facts, at: now) == .settle(.cancelled, "the device is connected"))
    }

    @Test("quiet hours hold it until they end, whoever is online")
    func quiet() {
        var facts = facts
        facts.quietUntil = now + .seconds(99)
        guard case .hold(.quiet, let until, _) = judge.judge(waiting(), facts, at: now) else {
            Issue.record("not held")
            return
        }
        #expect(until == now + .seconds(99))
    }
}

@Suite("Push: what is told together")
struct BundleTests {
    private func plan(
        _ ready: [WaitingPush], perHour: Int = 0, sent: [Int64] = [], underWay: Int = 0
    ) -> [[String]]? {
        let times = sent.map { now + .seconds($0) }
        guard
            case .send(let bundles) = PushBundles.plan(
                ready, perHour: perHour, sent: times, underWay: underWay, at: now)
        else { return nil }
        return bundles.map { ($0.others + [$0.lead]).map(\.message.rawValue) }
    }

    @Test("each message has a push of its own, oldest first")
    func apart() {
        #expect(plan([waiting("b", at: 2), waiting("a", at: 1)]) == [["a"], ["b"]])
        #expect(plan([waiting("a"), waiting("b", at: 1)], perHour: 2) == [["a"], ["b"]])
    }

    @Test("what waited for quiet hours or the bound is told by the newest of them")
    func held() {
        let ready = [waiting("c", at: 3), waiting("b", at: 2, hold: .cap), waiting("a", at: 1, hold: .quiet)]
        #expect(plan(ready) == [["a", "b"], ["c"]])
        #expect(plan([waiting("a", hold: .quiet)]) == [["a"]])
        #expect(plan([waiting("a", hold: .retry), waiting("b", at: 1, hold: .online)]) == [["a"], ["b"]])
    }

    @Test("with room for less than all, all are told by one")
    func little() {
        let ready = [waiting("a", at: 1), waiting("b", at: 2), waiting("c", at: 3)]
        #expect(plan(ready, perHour: 5, sent: [-60, -50, -40]) == [["a", "b", "c"]])
        #expect(plan(ready, perHour: 5, sent: [-3_700, -3_600, -40]) == [["a"], ["b"], ["c"]])
        #expect(plan(ready, perHour: 5, sent: [-40], underWay: 2) == [["a", "b", "c"]])
    }

    @Test("without room they wait until the oldest push is an hour old")
    func full() {
        let sent = [-3_000, -2_000, -10].map { now + .seconds($0) }
        let two = PushBundles.plan([waiting()], perHour: 2, sent: sent, underWay: 0, at: now)
        #expect(two == .wait(until: now + .seconds(1_600)))
        let three = PushBundles.plan([waiting()], perHour: 3, sent: sent, underWay: 0, at: now)
        #expect(three == .wait(until: now + .seconds(600)))
        let unknown = PushBundles.plan([waiting()], perHour: 1, sent: [], underWay: 1, at: now)
        #expect(unknown == .wait(until: now + .seconds(1)))
    }
}

@Suite("Push: what it says")
struct TextTests {
    private let text = PushText(merged: "{count} new messages")

    private func body(_ pushes: [WaitingPush], preview: Int = 200) -> String? {
        var rules = AppRules()
        rules.preview = preview
        rules.title = "Shop"
        let notification = PushBundle(pushes).flatMap { text.notification(of: $0, rules) }
        #expect(notification?.title == "Shop" && notification?.message == pushes.last?.message)
        return notification?.body
    }

    @Test("the beginning of the message, cut between characters as people see them")
    func cut() {
        #expect(body([waiting(body: "Hello")]) == "Hello")
        #expect(body([waiting(body: String(repeating: "x", count: 201))]) == String(repeating: "x", count: 200))
        let family = "👨‍👩‍👧‍👦"
        #expect(body([waiting(body: String(repeating: family, count: 201))]) == String(repeating: family, count: 200))
        #expect(body([waiting(body: "e\u{301}e\u{301}e\u{301}")], preview: 2) == "e\u{301}e\u{301}")
        #expect(body([waiting(body: "🇩🇪🇫🇷🇮🇹")], preview: 1) == "🇩🇪")
    }

    @Test("nothing of it where the app wants that, and a number for several")
    func hidden() {
        #expect(body([waiting(body: "secret")], preview: 0) == nil)
        #expect(body([waiting("a"), waiting("b"), waiting("c")]) == "3 new messages")
        #expect(body([waiting("a"), waiting("b")], preview: 0) == "2 new messages")
        #expect(PushBundle([]) == nil)
    }
}

@Suite("Push: trying again")
struct RetryTests {
    private let rules = RetryRules(delay: .seconds(4))

    private func fate(
        _ verdict: PushAnswer.Verdict, attempts: Int = 0, first: Int64? = nil, random: Double = 1
    ) -> PushResult.Fate {
        let push = waiting(attempts: attempts, first: first.map { now + .seconds($0) })
        return rules.fate(of: push, after: PushAnswer(verdict, ""), at: now, random: random)
    }

    @Test("what is decided is settled")
    func decided() {
        #expect(fate(.accepted) == .settled(.sent))
        #expect(fate(.tokenIsDead) == .settled(.failed))
        #expect(fate(.refused) == .settled(.failed))
    }

    @Test("waits grow fourfold and are spread", arguments: zip([0, 1, 2, 3], [4, 16, 64, 256]))
    func backoff(attempts: Int, seconds: Int64) {
        let again = { PushResult.Fate.again(due: now + $0, hold: .retry, isAttempt: true) }
        #expect(fate(.tryAgain(after: nil), attempts: attempts) == again(.seconds(seconds)))
        #expect(fate(.tryAgain(after: nil), attempts: attempts, random: 0) == again(.seconds(seconds) / 2))
    }

    @Test("the provider's wish counts when it is longer")
    func retryAfter() {
        let again = { PushResult.Fate.again(due: now + $0, hold: .retry, isAttempt: true) }
        #expect(fate(.tryAgain(after: .seconds(90)), random: 0) == again(.seconds(90)))
        #expect(fate(.tryAgain(after: .seconds(90)), random: 0.5) == again(.seconds(99)))
        #expect(fate(.tryAgain(after: .seconds(90))) == again(.seconds(108)))
        // Spreading them lets none come too late.
        #expect(fate(.tryAgain(after: .seconds(590))) == again(.seconds(600)))
        let short = PushResult.Fate.again(due: now + .seconds(4), hold: .retry, isAttempt: true)
        #expect(fate(.tryAgain(after: .seconds(1))) == short)
    }

    @Test("after five tries, or ten minutes, it has failed")
    func end() {
        #expect(fate(.tryAgain(after: nil), attempts: 4) == .settled(.failed))
        #expect(fate(.tryAgain(after: nil), attempts: 1, first: -590) == .settled(.failed))
        #expect(fate(.tryAgain(after: .seconds(601))) == .settled(.failed))
        #expect(fate(.tryAgain(after: .seconds(600))) != .settled(.failed))
    }

    @Test("a provider that is away costs no try, however long it is")
    func away() {
        let fate = fate(.unavailable(for: .seconds(10)), attempts: 4, first: -590, random: 0)
        #expect(fate == .again(due: now + .seconds(10), hold: .retry, isAttempt: false))
        let never = self.fate(.unavailable(for: .seconds(10)))
        #expect(never == .again(due: now + .seconds(12), hold: .retry, isAttempt: false))
        // But what was tried before has its ten minutes.
        #expect(self.fate(.unavailable(for: .seconds(11)), attempts: 4, first: -590, random: 0) == .settled(.failed))
    }
}
