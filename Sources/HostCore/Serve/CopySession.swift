import PluginAPI

/// One copy of everything from one store into another, without serving and without starting any plugin.
public enum CopySession {
    /// Copies what is not there yet, and compares both sides.
    ///
    /// - Parameters:
    ///   - from: The URL of the store to read, such as `sqlite:replyhq.db`.
    ///   - to: The URL of the store to fill, such as `postgres://user@host/database`.
    ///   - configuration: Where else plugins lie; nil: only in the standard folders.
    ///   - progress: Called on the thread of the work, in order.
    /// - Throws: `ArchiveError`; ``CopyDifference`` when the two are not the same.
    public static func run(
        from: String,
        to: String,
        configuration: EffectiveConfiguration? = nil,
        progress: @escaping @Sendable (CopyProgress) -> Void
    ) async throws -> CopyReport {
        HostLogging.quiet()
        let engines = engines(configuration)
        let (reader, writer) = (try engine(of: from, in: engines), try engine(of: to, in: engines))
        let source = try await reader.openArchive(from, for: .reading)
        let result = await Result {
            let target = try await writer.openArchive(to, for: .writing)
            let result = await Result { try await StoreCopy(source: source, target: target, progress: progress).run() }
            await target.close()
            return try result.get()
        }
        await source.close()
        return try result.get()
    }

    /// The plugins whose stores can be copied, whether or not they are enabled.
    private static func engines(_ configuration: EffectiveConfiguration?) -> [any StoreArchiving] {
        let loader = configuration?.host.loader ?? PluginLoader()
        let listed = configuration?.host.plugins.compactMap { try? $0.reference } ?? []
        let names = Set(listed.map { $0.name.lowercased() })
        let others = loader.locator.available().filter { !names.contains($0.name.lowercased()) }
        return (listed + others).compactMap { reference in
            (try? loader.load(reference))?.factory as? any StoreArchiving
        }
    }

    private static func engine(of url: String, in engines: [any StoreArchiving]) throws -> any StoreArchiving {
        let schemes = Set(engines.flatMap(\.archiveSchemes)).sorted().joined(separator: ", ")
        guard let colon = url.firstIndex(of: ":") else {
            let hint = "write sqlite:\(url) for a file"
            throw ArchiveError(.unusable, "\"\(Redaction.redact(urlsIn: url))\" is no URL of a store; \(hint)")
        }
        let scheme = url[..<colon].lowercased()
        guard let engine = engines.first(where: { $0.archiveSchemes.contains(scheme) }) else {
            let known = schemes.isEmpty ? "no plugin that has one was found" : "there are: \(schemes)"
            throw ArchiveError(.unusable, "no plugin has stores whose URL begins with \"\(scheme):\"; \(known)")
        }
        return engine
    }
}
