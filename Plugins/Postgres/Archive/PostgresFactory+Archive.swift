import PluginAPI

extension PostgresFactory: StoreArchiving {
    public var archiveSchemes: [String] { ["postgres", "postgresql"] }

    public func openArchive(_ url: String, for purpose: ArchivePurpose) async throws -> any StoreArchive {
        let parsed: ConnectionURL
        do throws(ConnectionURL.Refusal) {
            parsed = try ConnectionURL(url)
        } catch {
            throw ArchiveError(.unusable, "the URL of the PostgreSQL database \(error.problem)")
        }
        let opening = ArchiveOpening(options: parsed.options, purpose: purpose)
        guard !parsed.namesPooler else {
            throw opening.unusable("name the server itself: copying needs a session, which a pooler does not give")
        }
        return try await DedicatedThread.run(named: "pg-archive") {
            do {
                return try opening.open()
            } catch let error as ArchiveError {
                throw error
            } catch {
                throw opening.unusable(ErrorText.plain(error))
            }
        }
    }
}
