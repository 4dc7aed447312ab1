// What the core wants read.
extension ClusterBus {
    /// By how much the clocks of the nodes may differ, and how long a message may take from its time to its commit,
    /// in milliseconds.
    private static let clockSkew: Int64 = 60_000

    func read(_ conversation: ConversationID, of app: AppID, after sequence: Int64) {
        read(conversation) { missed in try await missed.page(of: conversation, of: app, after: sequence) }
    }

    func read(_ conversation: ConversationID, of app: AppID, createdAfter time: Timestamp) {
        read(conversation) { missed in try await missed.page(of: conversation, of: app, createdAfter: time) }
    }

    private func read(
        _ conversation: ConversationID,
        _ page: @escaping @Sendable (any MissedMessages) async throws -> ConversationCursor.Page
    ) {
        Task { [weak self, missed] in
            var found: ConversationCursor.Page?
            do {
                found = try await page(missed)
                self?.readSucceeded()
            } catch {
                self?.readFailed("What other nodes wrote cannot be read", error)
            }
            self?.post(.read(conversation, found))
        }
    }

    func refresh(_ conversation: ConversationID, of app: AppID) {
        Task { [weak self, missed] in
            var outcome = RefreshOutcome.failed
            do {
                outcome = try await missed.conversation(conversation, of: app).map { .found($0) } ?? .gone
                self?.readSucceeded()
            } catch {
                self?.readFailed("A conversation that changed elsewhere cannot be read", error)
            }
            self?.post(.refreshed(conversation, app, outcome))
        }
    }

    /// Waits for a look that begins after the call, for two seconds at most: a slow store keeps no agent from connecting.
    ///
    /// If it fails or ends later, how far the app has come is read when the subscription stands, and what other nodes stored
    /// before counts as delivered.
    ///
    /// The look is no part of the caller's task, which ends when its socket goes: others may wait for it too.
    public func look(at app: AppID) async {
        await withCheckedContinuation { continuation in
            let waiter = OneShot(continuation)
            let isFirst = appLooks.withLock { $0.add(waiter, for: app) }
            eventLoop.scheduleTask(in: Self.lookPatience) { waiter.resume() }
            if isFirst { Task { [weak self] in await self?.makeLooks(at: app) } }
        }
    }

    private func makeLooks(at app: AppID) async {
        var mustContinue = true
        while mustContinue {
            let begun = NIODeadline.now()
            do {
                let page = try await missed.look(at: app, backTo: clock.now.adding(milliseconds: -Self.clockSkew))
                readSucceeded()
                post(.appLook(app, ClusterCore.AppLook(page, begunAt: begun)))
            } catch {
                readFailed("How far an app has come cannot be read", error)
            }
            let (waiters, isWanted) = appLooks.withLock { $0.finished(app) }
            for waiter in waiters { waiter.resume() }
            mustContinue = isWanted
        }
    }

    func make(_ survey: AppSurvey, at now: NIODeadline) {
        let wall = clock.now
        let since = survey.since.map { since in
            wall.adding(milliseconds: -((now - since).nanoseconds / 1_000_000) - Self.clockSkew)
        }
        Task { [weak self, missed] in
            var page: SurveyPage?
            do {
                page =
                    if let since {
                        try await missed.survey(survey.app, since: since, after: survey.cursor)
                    } else {
                        try await missed.look(at: survey.app, backTo: wall.adding(milliseconds: -Self.clockSkew))
                    }
                self?.readSucceeded()
            } catch {
                self?.readFailed("An app's missed messages cannot be looked for", error)
            }
            self?.post(.surveyed(survey, page))
        }
    }
}
