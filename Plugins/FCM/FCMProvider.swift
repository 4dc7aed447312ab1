import PluginAPI
import Synchronization

/// The way to Firebase as other plugins see it.
struct FCMProvider: PushProvider {
    let inbox: CourierInbox
    /// The project of each app that has one of its own; nil: it cannot be used.
    let projects: [AppID: Int?]
    /// The project of all others; nil: they have none.
    let usual: Int?
    /// By project.
    let urls: [String]
    let clock: any WallClock

    func obstacle(for app: AppID) -> String? {
        project(of: app) == nil ? "no Firebase project is set for the app" : nil
    }

    func deliver(_ push: PushNotification, to token: PushToken, answered: @escaping @Sendable (PushAnswer) -> Void) {
        guard let project = project(of: push.device.app) else {
            // It had one a moment ago: whether that comes back is seen before it is handed over again.
            return answered(PushAnswer(.unavailable(for: .seconds(10)), "no Firebase project is set for the app"))
        }
        let errand = Errand(project: project, push: push, token: token.token, answered: answered)
        if !inbox.post(errand) { answered(.stopping) }
    }

    func explain(_ push: PushNotification, to token: PushToken, isDryRun: Bool) async -> PushExplanation {
        guard let project = project(of: push.device.app) else {
            return PushExplanation([], PushAnswer(.refused, "no Firebase project is set for the app"))
        }
        let payload = FCMPayload(push: push, token: Self.shortened(token.token), now: clock.now)
        let request = [
            "POST \(urls[project])", String(decoding: payload.bytes(validateOnly: isDryRun), as: UTF8.self),
        ]
        let heard = Mutex<[String]>([])
        return await withCheckedContinuation { continuation in
            let errand = Errand(
                project: project, push: push, token: token.token,
                answered: { answer in
                    continuation.resume(returning: PushExplanation(request + heard.withLock { $0 }, answer))
                },
                validateOnly: isDryRun,
                watch: { outcome in heard.withLock { $0 += outcome.lines } })
            if !inbox.post(errand) { continuation.resume(returning: PushExplanation([], .stopping)) }
        }
    }

    private func project(of app: AppID) -> Int? {
        if let own = projects[app] { own } else { usual }
    }

    /// Whoever has a token can be pushed to, so it is not shown whole.
    static func shortened(_ token: String) -> String {
        token.count > 16 ? "\(token.prefix(8))…\(token.suffix(4))" : "…"
    }
}

extension ProjectMachine.Outcome {
    /// As it came.
    fileprivate var lines: [String] {
        switch self {
        case .answer(let status, let body, let retryAfter):
            ["HTTP \(status)" + (retryAfter.map { ", Retry-After \(DurationText.format($0))" } ?? "")]
                + String(decoding: body, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
        case .broken(let reason), .failed(let reason): [reason]
        }
    }
}
