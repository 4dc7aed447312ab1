import PluginAPI

extension PushDesk {
    /// Hands a bundle to its provider.
    func deliver(_ bundle: PushBundle, _ rules: AppRules) {
        guard let token = bundle.lead.token, let notification = text.notification(of: bundle, rules) else { return }
        guard let provider = provider(for: token) else { return giveBack(bundle, Self.absence(of: token.route)) }
        state.withLock { $0.began(bundle) }
        let handed = HandedBundle(bundle, token)
        provider.deliver(notification, to: token) { [self] in answered($0, handed) }
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
    private func answered(_ answer: PushAnswer, _ handed: HandedBundle) {
        switch tray.add(AnsweredBundle(answer: answer, handed: handed, at: clock.now)) {
        case .first: saving.send()
        case .behindOthers: break
        case .closed:
            noteAnswers()
            saving.send()
            resting.notice()
        }
    }

    /// Works out what follows from the answers that have come, to be saved.
    func noteAnswers() {
        let answered = tray.take()
        guard !answered.isEmpty else { return }
        var results: [AppID: [PushResult]] = [:]
        for one in answered { results[one.handed.bundle.lead.device.app, default: []] += fates(after: one) }
        state.withLock { state in
            for one in answered {
                let device = one.handed.bundle.lead.device
                if one.answer.verdict == .tokenIsDead { state.add(dead: one.handed.token.token, of: device) }
                state.ended(device)
            }
            for (app, results) in results { state.add(results, of: app) }
        }
    }

    private func fates(after answered: AnsweredBundle) -> [PushResult] {
        let (answer, bundle, lead) = (answered.answer, answered.handed.bundle, answered.handed.bundle.lead)
        var fate = retries.fate(of: lead, after: answer, at: answered.at, random: Double.random(in: 0...1))
        if bundle.count > 1, case .again(let due, _, let isAttempt) = fate {
            // So that they are told together again.
            fate = .again(due: due, hold: .cap, isAttempt: isAttempt)
        }
        metrics.count(fate)
        if case .settled(.sent) = fate { metrics.sent(after: answered.at - lead.createdAt) }
        if case .settled(.failed) = fate { tell(answer, lead) }
        if case .again(let due, _, _) = fate { wake(at: due) }
        let result = PushResult(lead.message, fate, detail: answer.detail)
        return [result]
            + bundle.others.map { other in
                let shared = fate == .settled(.sent) ? PushResult.Fate.settled(.merged) : fate
                return PushResult(other.message, shared, detail: "told together with \(lead.message)")
            }
    }

    private func tell(_ answer: PushAnswer, _ push: WaitingPush) {
        if logger.logLevel <= .debug {
            logger.debug(
                "A push was refused",
                metadata: [
                    "app": "\(push.device.app)", "device": "\(push.device.device)", "message": "\(push.message)",
                    "answer": "\(answer.detail)",
                ])
        }
        let app = ["app": push.device.app.rawValue]
        if answer.verdict == .tokenIsDead {
            refusals.note(.info, "Push tokens are dead and were forgotten", app, details: ["answer": answer.detail])
        } else {
            refusals.note(.warning, "Pushes could not be delivered", app, details: ["answer": answer.detail])
        }
    }
}
