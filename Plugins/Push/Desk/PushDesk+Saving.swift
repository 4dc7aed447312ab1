import PluginAPI

extension PushDesk {
    private static let pauseAfterFailure: Duration = .milliseconds(500)

    /// So many results are saved at once, or what came within a moment while others are under way: a commit for each
    /// would cost more than the push.
    private static let gathering = (count: 128, time: Duration.milliseconds(20))

    /// Until the task is cancelled.
    func save() async {
        await saving.forEach {
            let answered = tray.count
            if state.withLock({ $0.expectsMore(than: answered) && $0.unsaved + answered < Self.gathering.count }) {
                // Cancelled, it saves what there is.
                try? await eventLoop.pause(for: Self.gathering.time)
            }
            await saveAll()
        }
    }

    /// Tells the store what became of pushes: all that gathered while it was told of the ones before.
    func saveAll() async {
        noteAnswers()
        let batches = state.withLock { $0.takeBatches() }
        await withDiscardingTaskGroup { group in
            for (app, batch) in batches { group.addTask { await self.save(batch, of: app) } }
        }
        claiming.send()
        if state.withLock({ $0.isClosing }) { resting.notice() }
    }

    private func save(_ batch: DeskState.Batch, of app: AppID) async {
        // Taken off one by one, so that what fails is tried again and what succeeded is not.
        var rest = batch
        do {
            try await store.settlePushes(batch.results, of: app, lease: lease, at: clock.now)
            state.withLock { $0.saved(batch.results) }
            rest.results = []
            while let (device, token) = rest.dead.first {
                // Only if it is still this one: the device may have registered another meanwhile.
                _ = try await store.clearPushToken(token, of: device, at: clock.now)
                rest.dead.removeFirst()
            }
            trouble.worked()
        } catch {
            let isEnding = error is CancellationError
            if !isEnding { trouble.failed(error) }
            state.withLock { [rest] in $0.putBack(rest, of: app) }
            // Cancelled, it is no longer tried: the lease ends by itself.
            guard !isEnding, (try? await eventLoop.pause(for: Self.pauseAfterFailure)) != nil else { return }
            saving.send()
        }
    }
}
