import PluginAPI

/// What commands get of a host that does not serve: the configured plugins, the running server, and the file.
struct ConfiguredHost: CommandHost {
    let configuration: EffectiveConfiguration

    func isEnabled(_ plugin: String) -> Bool { entry(plugin)?.isEnabled ?? false }

    var isServerRunning: Bool {
        get async { (try? ControlClient(of: configuration)) != nil }
    }

    func ask(_ plugin: String, _ request: String, _ body: JSONObject) async throws -> JSONValue {
        try await ControlClient(of: configuration).ask(plugin, request, body)
    }

    func reload() async throws -> ReloadReport {
        let outcome = try await ControlClient(of: configuration).reload()
        return ReloadReport(isApplied: outcome.isApplied, lines: outcome.lines + outcome.reasons)
    }

    func setEnabled(_ isEnabled: Bool, _ plugin: String) async throws -> ConfigurationChange {
        try await ConfigurationEditor(configuration).setEnabled(isEnabled, plugin: plugin)
    }

    func lendContext(
        of plugin: String,
        requiring capabilities: [CapabilityName],
        _ body: @escaping @Sendable (PluginContext) async throws -> Void
    ) async throws {
        HostLogging.quiet()
        guard let entry = entry(plugin) else { throw CommandFailure.unusable("no plugin \(plugin) is listed") }
        let names = try providers(of: capabilities)
        let assembly = Assembly(configuration, eventLoopCount: 1)
        let result = await Result {
            let context = try assembly.context(of: entry, configuration)
            guard !names.isEmpty else { return try await body(context) }
            let supervisor = try assembly.supervisor(of: assembly.roster(only: names))
            _ = try await supervisor.start()
            let result = await Result { try await body(context) }
            await supervisor.stop()
            try result.get()
        }
        await assembly.shutDown()
        try result.get()
    }

    private func entry(_ plugin: String) -> PluginConfiguration? {
        configuration.host.plugins.first { $0.name.lowercased() == plugin.lowercased() }
    }

    private func providers(of capabilities: [CapabilityName]) throws(CommandFailure) -> Set<String> {
        guard !capabilities.isEmpty else { return [] }
        let catalogue = PluginCatalogue(configuration)
        var names: Set<String> = []
        for capability in capabilities {
            let providers = catalogue.names(providing: capability)
            guard !providers.isEmpty else { throw .unusable("no enabled plugin provides \"\(capability)\"") }
            names.formUnion(providers)
        }
        return names
    }
}

extension Assembly {
    /// The context that a plugin would have here, without the plugin.
    fileprivate func context(
        of entry: PluginConfiguration, _ configuration: EffectiveConfiguration
    ) throws -> PluginContext {
        let image = try image(of: entry)
        let environment = environment(configuration)
        return environment.context(
            for: image.descriptor, isRequired: entry.isRequired,
            settings: try entry.resolve(image.descriptor.settings), logger: logger,
            health: PluginHealth(clock: environment.clock))
    }
}
