import PluginAPI

extension PushDesk {
    /// Hands a bundle to its provider.
    func deliver(_ bundle: PushBundle, _ rules: AppRules) {
        guard let token = bundle.lead.token, let notification = text.notification(of: bundle, rules) else { return }
        guard let provider = provider(for: token) else { return giveBack(bundle, Self.absence(of: token.route)) }
        state.withLock { $0.began(bundle) }
        provider.deliver(notification, to: token) { [self] in answered($0, bundle, token) }
    }

    /// The provider went after the bundle was decided on: it waits as those do that were not taken.
    private func giveBack(_ bundle: PushBundle, _ reason: String) {
        let pushes = [bundle.lead] + bundle.others
        // So that those of a bundle are told together again.
        let hold = bundle.count > 1 ? PushHold.cap : bundle.lead.hold
        let fate = PushResult.Fate.again(due: clock.now, hold: hold, isAttempt: false)
        save(pushes.map { PushResult($0.message, fate, detail: reason) }, of: bundle.lead.device.app)
    }

    /// On the provider's thread.
    private func answered(_ answer: PushAnswer, _ bundle: PushBundle, _ token: PushToken) {
        let lead = bundle.lead
        let now = clock.now
        var fate = retries.fate(of: lead, after: answer, at: now, random: Double.random(in: 0...1))
        if bundle.count > 1, case .again(let due, _, let isAttempt) = fate {
            // So that they are told together again.
            fate = .again(due: due, hold: .cap, isAttempt: isAttempt)
        }
        metrics.count(fate)
        if case .settled(.sent) = fate { metrics.sent(after: now - lead.createdAt) }
        if case .settled(.failed) = fate { tell(answer, lead, token) }
        var results = [PushResult(lead.message, fate, detail: answer.detail)]
        results += bundle.others.map { other in
            let shared = fate == .settled(.sent) ? PushResult.Fate.settled(.merged) : fate
            return PushResult(other.message, shared, detail: "told together with \(lead.message)")
        }
        if case .again(let due, _, _) = fate { wake(at: due) }
        let isClosing = state.withLock { state in
            if answer.verdict == .tokenIsDead { state.add(dead: token.token, of: lead.device) }
            state.add(results, of: lead.device.app)
            state.ended(lead.device)
            return state.isClosing
        }
        saving.send()
        if isClosing { resting.notice() }
    }

    private func tell(_ answer: PushAnswer, _ push: WaitingPush, _ token: PushToken) {
        let metadata: Logger.Metadata = [
            "app": "\(push.device.app)", "device": "\(push.device.device)", "message": "\(push.message)",
            "answer": "\(answer.detail)",
        ]
        if answer.verdict == .tokenIsDead {
            logger.info("A push token is dead and was forgotten", metadata: metadata)
        } else {
            logger.warning("A push could not be delivered", metadata: metadata)
        }
    }
}
