import PluginAPI

/// The configured store for the length of one command, without serving.
public enum StoreSession {
    /// Starts only the plugins that the store needs, and stops them again.
    ///
    /// - Throws: ``StoreMissing`` if no plugin is a store, what starting it throws, or what the body throws.
    public static func run(
        _ configuration: EffectiveConfiguration,
        _ body: @Sendable (any Store) async throws -> Void
    ) async throws {
        let names = PluginCatalogue(configuration).names(providing: Capability<any Store>.store.name)
        guard !names.isEmpty else { throw StoreMissing() }
        HostLogging.quiet()
        let assembly = Assembly(configuration, eventLoopCount: 1)
        let supervisor: PluginSupervisor
        do {
            supervisor = try assembly.supervisor(of: assembly.roster(only: names))
            _ = try await supervisor.start()
        } catch {
            await assembly.shutDown()
            throw error
        }
        let result: Result<Void, any Error>
        do {
            guard let store = assembly.services.capabilities.value(of: .store) else { throw StoreMissing() }
            result = .success(try await body(store))
        } catch {
            result = .failure(error)
        }
        await supervisor.stop()
        await assembly.shutDown()
        try result.get()
    }
}

/// The configuration enables no plugin that is a store.
public struct StoreMissing: Error, CustomStringConvertible {
    public let description = "no enabled plugin provides a store; enable SQLite in the configuration"
}
