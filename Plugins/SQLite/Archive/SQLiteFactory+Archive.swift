import PluginAPI

extension SQLiteFactory: StoreArchiving {
    public var archiveSchemes: [String] { ArchiveFile.schemes }

    public func openArchive(_ url: String, for purpose: ArchivePurpose) async throws -> any StoreArchive {
        guard let path = ArchiveFile.path(of: url), !path.hasPrefix(":") else {
            let forms = "sqlite:replyhq.db or sqlite:///var/lib/replyhq.db"
            throw ArchiveError(.unusable, "a SQLite database is named \(forms)")
        }
        return try await DedicatedThread.run(named: "sqlite-archive") {
            do {
                return try ArchiveOpening(path: path, purpose: purpose).open()
            } catch let error as ArchiveError {
                throw error
            } catch {
                throw ArchiveError(.unusable, "\(StoreStartError.translating(error, path: path))")
            }
        }
    }
}
