import PluginAPI

extension PushDesk {
    /// The most rows that are taken at once.
    private static let claimLimit = 200
    private static let leastPause: Duration = .milliseconds(20)
    private static let afterFailure: Duration = .seconds(1)

    /// Until the task is cancelled.
    func claim() async {
        await claiming.forEach { await claimAll() }
    }

    /// Takes and hands over whatever is due, as far as there is room.
    private func claimAll() async {
        do {
            // Without room it goes on when something has been saved.
            var next = clock.now + configuration.pollInterval
            while let room = room() {
                let now = clock.now
                let claim = PushClaim(lease: lease, until: now + configuration.lease, limit: room, at: now)
                let rows = try await store.claimPushes(claim)
                if !rows.isEmpty { try await decide(rows) }
                if rows.count < room {
                    // Others may hold what is due; they are not waited for without a pause.
                    let due = try await store.pushBacklog(atMost: 0).nextDue
                    next = max(min(due ?? next, next), clock.now + Self.leastPause)
                    break
                }
            }
            wake(at: next)
            trouble.worked()
        } catch is CancellationError {
            return
        } catch {
            trouble.failed(error)
            wake(at: clock.now + Self.afterFailure)
        }
    }

    /// How many rows may be taken; nil: none. Not few while many are under way: each claim is a transaction.
    private func room() -> Int? {
        let limit = configuration.inFlightLimit
        let free = state.withLock { $0.isClosing ? 0 : limit - $0.underWay - $0.unsaved }
        return free >= max(1, limit / 4) && hasProvider ? min(free, Self.claimLimit) : nil
    }

    private func decide(_ rows: [WaitingPush]) async throws {
        let new = state.withLock { $0.claimed(rows) }
        defer { state.withLock { $0.letGo() } }
        try await handle(new)
    }

    /// Decides about rows that were taken. Those about which nothing could be found out stay taken until the lease ends.
    private func handle(_ rows: [WaitingPush]) async throws {
        for (app, rows) in Self.byApp(rows) {
            let rules = try await policies.rules(of: app)
            let now = clock.now
            let quietUntil = quietEnd(rules.quiet, at: now)
            var obstacles: [PushTokenProvider: PushObstacle?] = [:]
            var ready: [WaitingPush] = []
            var results: [PushResult] = []
            for row in rows {
                var facts = PushJudge.Facts(
                    rules: rules, obstacle: row.token.flatMap { obstacle(to: $0, of: app, &obstacles) },
                    quietUntil: quietUntil, isOnline: false)
                var verdict = judge.judgeOffline(row, facts, at: now)
                if verdict == nil {
                    facts.isOnline = await isOnline(row.device)
                    verdict = judge.judge(row, facts, at: now)
                }
                switch verdict {
                case .settle(let state, let reason):
                    results.append(PushResult(row.message, .settled(state), detail: reason))
                case .hold(let hold, let until, let reason):
                    results.append(
                        PushResult(row.message, .again(due: until, hold: hold, isAttempt: false), detail: reason))
                case .ready, nil: ready.append(row)
                }
            }
            save(results, of: app)
            try await send(ready, of: app, rules)
        }
    }

    /// Nearly always they are all one app's, and need not be put together anew.
    private static func byApp(_ rows: [WaitingPush]) -> [AppID: [WaitingPush]] {
        guard let app = rows.first?.device.app else { return [:] }
        return rows.allSatisfy { $0.device.app == app } ? [app: rows] : Dictionary(grouping: rows, by: \.device.app)
    }

    /// Asked of the provider once for all rows of an app.
    private func obstacle(
        to token: PushToken, of app: AppID, _ known: inout [PushTokenProvider: PushObstacle?]
    ) -> PushObstacle? {
        let route = token.route
        if let obstacle = known[route] { return obstacle }
        let found = obstacle(to: route, of: app)
        known[route] = .some(found)
        return found
    }

    func quietEnd(_ hours: QuietHours?, at now: Timestamp) -> Timestamp? {
        guard let hours else { return nil }
        // A zone that the system does not know, which is said: its hours are taken as UTC's rather than not at all.
        return hours.end(at: now, in: zones.zone(hours.timeZone) ?? .utc)
    }

    private func send(_ ready: [WaitingPush], of app: AppID, _ rules: AppRules) async throws {
        guard !ready.isEmpty else { return }
        let devices = Dictionary(grouping: ready, by: \.device)
        let now = clock.now
        var sent: [DeviceID: [Timestamp]] = [:]
        if rules.perHour > 0 {
            sent = try await store.sentPushes(
                to: devices.keys.map(\.device), in: app, since: now - .seconds(3_600))
        }
        for (device, pushes) in devices {
            let underWay = state.withLock { $0.underWay(to: device) }
            let outcome = PushBundles.plan(
                pushes, perHour: rules.perHour, sent: sent[device.device] ?? [], underWay: underWay, at: now)
            switch outcome {
            case .send(let bundles): for bundle in bundles { deliver(bundle, rules) }
            case .wait(let until):
                let fate = PushResult.Fate.again(due: until, hold: .cap, isAttempt: false)
                save(pushes.map { PushResult($0.message, fate, detail: "the device got as many as it may") }, of: app)
            }
        }
    }

    /// Notes what became of rows, to be saved with others.
    func save(_ results: [PushResult], of app: AppID) {
        guard !results.isEmpty else { return }
        for result in results {
            metrics.count(result.fate)
            if case .again(let due, _, _) = result.fate { wake(at: due) }
        }
        state.withLock { $0.add(results, of: app) }
        saving.send()
    }
}
