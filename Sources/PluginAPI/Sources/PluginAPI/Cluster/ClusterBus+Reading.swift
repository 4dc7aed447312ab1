// What the core wants read.
extension ClusterBus {
    /// By how much the clocks of the nodes may differ, in milliseconds.
    private static let clockSkew: Int64 = 60_000

    func read(_ conversation: ConversationID, of app: AppID, after sequence: Int64) {
        Task { [weak self, missed] in
            var page: ConversationCursor.Page?
            do {
                page = try await missed.page(of: conversation, of: app, after: sequence)
                self?.readSucceeded()
            } catch {
                self?.readFailed("What other nodes wrote cannot be read", error)
            }
            self?.post(.read(conversation, page))
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

    /// A store that cannot be read takes no messages either: then the app is looked at when it is listened to.
    public func look(at app: AppID) async {
        let begun = NIODeadline.now()
        do {
            let page = try await missed.survey(app, since: nil, after: nil)
            readSucceeded()
            post(.appLook(app, ClusterCore.AppLook(page, begunAt: begun)))
        } catch {
            readFailed("How far an app has come cannot be read", error)
        }
    }

    func make(_ survey: AppSurvey, at now: NIODeadline) {
        let since = survey.since.map { since in
            clock.now.adding(milliseconds: -((now - since).nanoseconds / 1_000_000) - Self.clockSkew)
        }
        Task { [weak self, missed] in
            var page: SurveyPage?
            do {
                page = try await missed.survey(survey.app, since: since, after: survey.cursor)
                self?.readSucceeded()
            } catch {
                self?.readFailed("An app's missed messages cannot be looked for", error)
            }
            self?.post(.surveyed(survey, page))
        }
    }
}
