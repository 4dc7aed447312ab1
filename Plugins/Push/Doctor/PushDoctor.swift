import PluginAPI

/// Looks at everything that decides about a push to a device, in the order in which it decides.
struct PushDoctor: Sendable {
    /// What is known of who is online.
    enum Sight: Sendable {
        case online, away
        /// Why nobody can say.
        case unknown(String)
    }

    static let recentLimit = 10

    let store: any Store
    let configuration: PushConfiguration
    let providers: @Sendable (PushTokenProvider) -> (any PushProvider)?
    let sight: @Sendable (DeviceIdentity) async -> Sight
    let clock: any WallClock
    let zones: ZoneBook

    /// Throws what the store throws.
    ///
    /// - Parameters:
    ///   - send: whether the provider is to show a test push; otherwise it is asked for a dry run.
    ///   - obstacle: what is in the way of every push; nil: nothing.
    func examine(_ device: DeviceIdentity, send: Bool, obstacle: String? = nil) async throws -> PushReport {
        var report = PushReport(device)
        if let obstacle { report.add("server", .obstacle, obstacle) }
        guard let app = try await store.app(device.app) else {
            report.add("app", .obstacle, "there is no app \(device.app)")
            return report
        }
        report.add("app", .fine, app.name)
        let rules = try await examineRules(of: device.app, &report)
        try await examineCap(rules, device, &report)
        let token = try await examineToken(device, &report)
        report.recent = try await store.pushRecords(of: device, limit: Self.recentLimit)
        if let token { try await examineProvider(device, token, rules, send: send, &report) }
        await examinePresence(device, &report)
        return report
    }

    private func examineRules(of app: AppID, _ report: inout PushReport) async throws -> AppRules {
        var rules = configuration.defaults
        do throws(ChatError) {
            let settings = try await pushSettings(of: app)
            rules = rules.with(try PushPolicy(settings: settings))
        } catch {
            guard error.code == .validation else { throw error }
            report.add("settings", .note, "the app's wishes cannot be read, the configuration's hold: \(error.reason)")
        }
        report.add(
            "enabled", rules.isEnabled ? .fine : .obstacle,
            rules.isEnabled ? "the app wants pushes" : "the app wants no pushes")
        guard let quiet = rules.quiet else {
            report.add("quiet hours", .fine, "none")
            return rules
        }
        let end = quiet.end(at: clock.now, in: zones.zone(quiet.timeZone) ?? .utc)
        report.add(
            "quiet hours", end == nil ? .fine : .note,
            end.map { "quiet hours (\(quiet.text) \(quiet.timeZone)) hold it until \($0.iso8601)" }
                ?? "\(quiet.text) \(quiet.timeZone), not now")
        return rules
    }

    private func pushSettings(of app: AppID) async throws(ChatError) -> JSONObject {
        do {
            return try await store.pushSettings(of: app) ?? [:]
        } catch let error as ChatError {
            throw error
        } catch {
            throw ChatError(.unavailable, ErrorText.plain(error))
        }
    }

    private func examineCap(_ rules: AppRules, _ device: DeviceIdentity, _ report: inout PushReport) async throws {
        guard rules.perHour > 0 else { return report.add("hourly cap", .fine, "none") }
        let now = clock.now
        let sent = try await store.sentPushes(to: [device.device], in: device.app, since: now - .seconds(3_600))
        let count = sent[device.device]?.count ?? 0
        let isFull = count >= rules.perHour
        report.add(
            "hourly cap", isFull ? .note : .fine,
            "\(count) of \(rules.perHour) pushes were sent in the last hour" + (isFull ? ": more waits" : ""))
    }

    private func examineToken(_ device: DeviceIdentity, _ report: inout PushReport) async throws -> PushToken? {
        guard let row = try await store.devices(of: .device(device.device), app: device.app).first else {
            report.add("device", .obstacle, "the app knows no such device")
            return nil
        }
        let user = row.userID.map { ", user \($0)" } ?? ""
        report.add("device", .fine, "\(row.platform.rawValue)\(user), first seen \(row.createdAt.iso8601)")
        guard let token = try await store.pushToken(of: device) else {
            report.add("token", .obstacle, "the device registered no push token, or it was dead and was forgotten")
            return nil
        }
        let since = row.pushTokenUpdatedAt.map { ", since \($0.iso8601)" } ?? ""
        let kind =
            token.route == .apns && token.provider == .fcm
            ? "registered for fcm, but one of Apple's own (64 hexadecimal digits)" : token.provider.rawValue
        report.add("token", .fine, "\(Self.shortened(token.token)), \(kind)\(since)")
        return token
    }

    private func examinePresence(_ device: DeviceIdentity, _ report: inout PushReport) async {
        switch await sight(device) {
        case .away: report.add("presence", .fine, "the device is connected to no node")
        case .online: report.add("presence", .obstacle, "the device is connected, and gets messages that way")
        case .unknown(let reason):
            report.add("presence", .note, "whether the device is connected is not known: \(reason)")
        }
    }

    /// Whoever has a token can be pushed to, so it is not shown whole.
    static func shortened(_ token: String) -> String {
        token.count > 16 ? "\(token.prefix(4))…\(token.suffix(4))" : "…"
    }
}
