import ArgumentParser
import HostCore
import PluginAPI

struct Database: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db",
        abstract: "Work on stores as a whole.",
        subcommands: [Copy.self]
    )

    struct Copy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy everything from one store into another, such as from SQLite to PostgreSQL.",
            discussion: """
                Copies apps with their keys, conversations, messages with their numbers and receipts, devices and \
                tracked events. Clients notice nothing: ids, keys and numbers stay, and the next message's number is \
                larger than all before.

                  1. make the database:       createdb replyhq
                  2. give it the schema:      DATABASE_URL=postgres://… replyhq migrate apply
                  3. stop the server
                  4. copy:                    replyhq db copy --from sqlite:replyhq.db --to postgres://…
                  5. start the server on it:  DATABASE_URL=postgres://… replyhq serve

                Stop the servers of both sides first; while one has its store open, nothing is copied. Nobody can open \
                a SQLite file while it is copied. A password is better kept in ~/.pgpass than in the URL.

                It may be interrupted at any point: run it again, and it goes on where it was and doubles nothing. The \
                target must be empty, or hold a part of exactly this source; if it holds anything else, nothing is \
                written. At the end both sides are read again and compared row by row.

                Exit codes: 0 copied, and both sides are the same; 1 something failed, and running it again goes on \
                from there; 2 a store is missing, in use, not up to date or not ours; 3 the target holds something \
                that is not the source's, which is named.
                """
        )

        @Option(help: "The store to read: sqlite:replyhq.db, sqlite:///var/lib/replyhq.db or postgres://…")
        var from: String

        @Option(help: "The store to fill, in the same forms.")
        var to: String

        @Option(name: [.customLong("config")], help: "A configuration that names more folders of plugins.")
        var config: String?

        @Flag(help: "Print a summary as JSON, and no progress.")
        var json = false

        func validate() throws {
            if from == to { throw ValidationError("--from and --to are the same store.") }
        }

        func run() async throws {
            let display = CopyDisplay(isQuiet: json)
            do {
                let configuration = try config.map { path in
                    try EffectiveConfiguration.load(path: path, environment: ProcessEnvironment.variables)
                }
                let report = try await CopySession.run(from: from, to: to, configuration: configuration) { progress in
                    display.show(progress)
                }
                display.end()
                if json {
                    Output.line(DatabaseText.json(report))
                } else {
                    for line in DatabaseText.lines(report) { Output.line(line) }
                }
            } catch {
                display.end()
                throw failure(error)
            }
        }

        private func failure(_ error: any Error) -> ExitCode {
            switch error {
            case let difference as CopyDifference:
                return Failure.exit(difference, code: 3)
            case let error as ArchiveError where error.kind == .failed:
                let advice = "\(error). What was copied stays: run the command again, and it goes on from there"
                return Failure.exit(PlainError(advice), code: 1)
            default:
                return Failure.exit(error, code: 2)
            }
        }
    }
}
