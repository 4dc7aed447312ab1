import PluginAPI

extension ControlClient {
    /// The process and its plugins, as they are.
    ///
    /// - Throws: ``ControlError``.
    public func status() async throws -> JSONValue {
        // The server tells on a thread of its own; checks of its plugins take 2 s at most.
        try await ask(.GET, "/status", within: .seconds(10))
    }

    /// Makes the server read its configuration and follow it, and waits for what comes of it.
    ///
    /// - Throws: ``ControlError``.
    public func reload() async throws -> ReloadOutcome {
        // Each plugin has its own limits; this one is only for a process that hangs altogether.
        let answer = try await send(.POST, "/reload", within: .seconds(3600))
        guard let outcome = ReloadOutcome(json: answer.body) else {
            throw ControlError(.noAnswer, "process \(pid) answered something else than the outcome of a reload")
        }
        return outcome
    }

    /// Makes the server look at once whether the keys and policies of apps in use were changed. It does so each second
    /// by itself.
    ///
    /// - Throws: ``ControlError``.
    public func checkAccess() async throws {
        _ = try await ask("Chat", "check-access", [:])
    }

    /// Asks a plugin of the running server.
    ///
    /// - Throws: ``ControlError``.
    func ask(_ plugin: String, _ request: String, _ body: JSONObject) async throws -> JSONValue {
        try await ask(.POST, "/plugins/\(plugin)/\(request)", body)
    }
}
