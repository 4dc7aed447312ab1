import FoundationEssentials
import GRDB
import PluginAPI

/// The schema of one SQLite file. A server that opens the file brings it up to date by itself.
struct SQLiteSchema: SchemaManager {
    let options: SQLiteOptions

    var place: String { options.path }

    func status() async throws -> SchemaStatus {
        let applied = try await applied()
        let pending = pending(after: applied).count
        let summary =
            if let newest = applied.last {
                "The file has this server's schema, version \(newest.version)."
            } else {
                "The file is empty or does not exist yet."
            }
        return SchemaStatus(summary: summary, applied: applied, pending: pending)
    }

    func plan(finalizing: Bool) async throws -> [SchemaStep] {
        pending(after: try await applied()).map(\.step)
    }

    func apply(finalizing: Bool, progress: @escaping @Sendable (SchemaProgress) -> Void) async throws {
        let options = options
        try await DedicatedThread.run(named: "sqlite") {
            try DatabaseOpening(options: options, progress: progress).open().close()
        }
    }

    private func pending(after applied: [AppliedSchemaStep]) -> [Migration] {
        Migration.all.filter { step in !applied.contains { $0.version == step.version } }
    }

    /// Looks without making the file.
    private func applied() async throws -> [AppliedSchemaStep] {
        guard FileManager.default.fileExists(atPath: options.path) else { return [] }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(options.busyTimeout / .seconds(1))
        let (path, readOnly) = (options.path, configuration)
        return try await DedicatedThread.run(named: "sqlite") {
            do {
                let queue = try DatabaseQueue(path: path, configuration: readOnly)
                defer { try? queue.close() }
                return try queue.read { try Migrator(path: path).applied(Connection(database: $0)) }
            } catch {
                throw StoreStartError.translating(error, path: path)
            }
        }
    }
}

extension SQLiteFactory: SchemaManaging {
    public func schema(_ context: PluginContext) throws -> any SchemaManager {
        SQLiteSchema(options: try SQLiteOptions(context.settings))
    }
}
