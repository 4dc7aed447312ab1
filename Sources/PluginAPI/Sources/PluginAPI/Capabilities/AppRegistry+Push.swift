extension AppRegistry {
    /// What an app wants of pushes; nil: unknown app.
    ///
    /// - Throws: ``ChatError/Code/validation`` if what is stored cannot be read, and what the store throws.
    public func pushPolicy(of app: AppID) async throws -> PushPolicy? {
        guard let settings = try await store.pushSettings(of: app) else { return nil }
        return try PushPolicy(settings: settings)
    }

    /// Sets what an app wants of pushes. False: unknown app. Running nodes follow within a minute.
    public func setPushPolicy(_ policy: PushPolicy, of app: AppID) async throws -> Bool {
        let settings = policy.settings
        return try await store.setPushSettings(settings.isEmpty ? nil : settings, of: app, at: clock.now)
    }
}
