import PluginAPI

extension PushDesk {
    private static let pruneLimit = 1_000
    private static let pruneInterval: Duration = .seconds(600)

    /// Cancels what waits for devices that came online, until the task is cancelled.
    func greet() async {
        await arriving.forEach {
            for (app, arrivals) in state.withLock({ $0.takeArrivals() }) {
                do {
                    let count = try await store.cancelPushes(
                        of: Array(arrivals.devices), in: app, because: "the device came online", at: arrivals.since)
                    for _ in 0..<count { metrics.count(.settled(.cancelled)) }
                    trouble.worked()
                } catch is CancellationError {
                    return
                } catch {
                    // Whether they are online is asked once more before anything leaves.
                    trouble.failed(error)
                }
            }
        }
    }

    /// Counts what waits, and forgets what was settled long ago, until the task is cancelled.
    func keep() async {
        var nextPrune = ContinuousClock.now
        while !Task.isCancelled {
            do {
                let isTimeToPrune = ContinuousClock.now >= nextPrune
                if isTimeToPrune {
                    try await giveUpOld()
                    try await prune()
                    nextPrune = .now + Self.pruneInterval
                }
                if hasProvider || isTimeToPrune { try await count() }
                trouble.worked()
            } catch is CancellationError {
                return
            } catch {
                trouble.failed(error)
            }
            try? await eventLoop.pause(for: configuration.pollInterval)
        }
    }

    private func count() async throws {
        let backlog = try await store.pushBacklog(atMost: configuration.queueLimit)
        let underWay = state.withLock { state in
            state.counted(backlog.waiting)
            return state.underWay
        }
        metrics.backlog(backlog, underWay: underWay, at: clock.now)
    }

    /// Ends what is too old. As long as there is a provider that happens when it is due; without one nothing is taken.
    private func giveUpOld() async throws {
        while !hasProvider {
            let count = try await store.expirePushes(because: PushJudge.expired, at: clock.now, limit: Self.pruneLimit)
            for _ in 0..<count { metrics.count(.settled(.failed)) }
            if count < Self.pruneLimit { return }
            try Task.checkCancellation()
        }
    }

    private func prune() async throws {
        let before = clock.now - configuration.history
        while try await store.prunePushes(settledBefore: before, limit: Self.pruneLimit) == Self.pruneLimit {
            try Task.checkCancellation()
        }
    }

    /// Takes no more, and waits until nothing is under way; what is not taken stays for the next process.
    func drain(until deadline: NIODeadline) async {
        await close(until: deadline) { $0.isIdle }
    }

    /// The same when nobody saves any more: returns when all has been answered.
    func finish(until deadline: NIODeadline) async {
        await close(until: deadline) { $0.underWay == 0 }
        await saveAll()
    }

    private func close(until deadline: NIODeadline, isDone: @escaping @Sendable (DeskState) -> Bool) async {
        state.withLock { $0.isClosing = true }
        // From now on each answer may be the one that is waited for.
        tray.close()
        noteAnswers()
        await resting.wait(until: deadline, on: eventLoop) { [self] in state.withLock { isDone($0) } }
    }
}
