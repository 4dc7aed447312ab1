import PluginAPI

/// `replyhq legacy off`.
enum LegacyOff {
    /// How the command ends when it is still used.
    static let stillUsed: Int32 = 3
    private static let day = Duration.seconds(86_400)
    /// Rows are kept for 90 days, and 30 days before the period have to show that uses were counted then.
    private static let periods = day...(day * 60)

    @Sendable static func run(_ session: CommandSession) async throws {
        let period = try session.arguments.duration("when-unused")
        guard session.arguments.has("now") != (period != nil) else {
            throw CommandFailure.usage("say either --now or --when-unused with a time such as 30d")
        }
        guard session.isEnabled else { return session.output.line("LegacyWS is off already.") }
        if let period {
            guard periods.contains(period) else { throw CommandFailure.usage("--when-unused takes 1d to 60d") }
            try await requireUnused(for: period, session)
        }
        let change = try await session.setEnabled(false)
        session.output.line(
            change.isChanged ? "\(change.path): LegacyWS is off." : "\(change.path) says so already: LegacyWS is off.")
        if let caveat = change.caveat { session.output.note("warning: \(caveat)") }
        guard await session.isServerRunning else {
            return session.output.line("No server runs here; it holds from the next start.")
        }
        let report = try await session.reload()
        for line in report.lines { session.output.line(line) }
        if !report.isApplied { throw CommandFailure.failed("the running server goes on as it was") }
    }

    private static func requireUnused(for period: Duration, _ session: CommandSession) async throws {
        let text = DurationText.format(period)
        if await session.isServerRunning, let open = try await openConnections(session), open > 0 {
            throw CommandFailure("LegacyWS stays on: \(open) connections are open", exitCode: stillUsed)
        }
        let verdict = try await session.withContext(requiring: ["store"]) { context in
            try await Verdict(of: try context.require(.store), at: context.clock.now, over: period)
        }
        guard verdict.users.isEmpty else {
            let lines = verdict.users.map { "\($0.app.name) (\($0.app.id)): last seen \($0.lastSeen.iso8601)" }
            let list = lines.prefix(10) + (lines.count > 10 ? ["and \(lines.count - 10) more apps"] : [])
            throw CommandFailure(
                "LegacyWS stays on: devices used it in the last \(text)\n" + list.joined(separator: "\n"),
                exitCode: stillUsed)
        }
        guard verdict.wasCounted else {
            throw CommandFailure(
                "LegacyWS stays on: nothing was counted \(text) ago, so it is not known that nobody used it since",
                exitCode: stillUsed)
        }
    }

    /// Nil: the server that runs has no such plugin.
    private static func openConnections(_ session: CommandSession) async throws -> Int64? {
        do {
            return try await session.ask("connections")["open"]?.intValue
        } catch let error as ControlError {
            if case .refused = error.code { return nil }
            throw error
        }
    }

    /// Who used it in a period, over all apps.
    struct Verdict: Sendable {
        var users: [(app: App, lastSeen: Timestamp)] = []
        /// Whether uses, of whatever transport, were counted before the period.
        var wasCounted = false

        init(of store: any AppStore & UsageStore, at now: Timestamp, over period: Duration) async throws {
            for app in try await store.apps() {
                let devices = try await store.devices(of: app.id, using: .legacy, since: now - period, limit: 1)
                if !devices.isEmpty {
                    let line = try await store.usage(of: app.id, at: now).first {
                        $0.transport == .legacy && $0.software == nil
                    }
                    users.append((app, line?.lastSeen ?? now - period))
                }
                if !wasCounted { wasCounted = try await !store.usage(of: app.id, at: now - period).isEmpty }
            }
        }
    }
}
