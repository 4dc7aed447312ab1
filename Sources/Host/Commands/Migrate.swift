import ArgumentParser
import HostCore
import PluginAPI

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the database's schema up to date, or see what that would do.",
        discussion: """
            A schema changes in numbered steps. A database remembers which it took, with a checksum of each; a step that \
            was released never changes. Of several processes that apply steps, one does and the others wait.

              replyhq migrate status    what the database holds
              replyhq migrate plan      what `apply` would do, and what each step locks
              replyhq migrate apply     do it

            In production a server refuses to start on PostgreSQL while steps are pending, so that a deployment decides \
            when they happen: run `replyhq migrate apply` first, with the new version, while the old one still serves. \
            The setting `migrate: auto` of the plugin lets the server apply them itself, as it does in development.

            Exit codes: 0 done, or nothing pending; 1 something failed, and running it again goes on from there; 2 the \
            configuration or the database cannot be used; 3 (plan and status with --check) steps are pending.
            """,
        subcommands: [Status.self, Plan.self, Apply.self]
    )

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what the database holds; changes nothing.")

        @OptionGroup var options: MigrateOptions

        @Flag(help: "Exit with code 3 when steps are pending.")
        var check = false

        func run() async throws {
            let report = try await options.gather { try await ($0, $0.schema.status()) }
            if options.json {
                Output.line(MigrateText.statuses(report))
            } else {
                for (keeper, status) in report { for line in MigrateText.lines(keeper, status) { Output.line(line) } }
            }
            if check, report.contains(where: { $0.1.pending > 0 }) { throw ExitCode(3) }
        }
    }

    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the pending steps and what each locks; changes nothing.")

        @OptionGroup var options: MigrateOptions

        @Flag(help: "Print the statements of each step too.")
        var sql = false

        @Flag(help: "Show the steps of `apply --finalize` too.")
        var finalize = false

        @Flag(help: "Exit with code 3 when steps are pending.")
        var check = false

        func run() async throws {
            let report = try await options.gather { [finalize] in try await ($0, $0.schema.plan(finalizing: finalize)) }
            if options.json {
                Output.line(MigrateText.plans(report))
            } else {
                for (keeper, steps) in report {
                    for line in MigrateText.lines(keeper, steps, withStatements: sql) { Output.line(line) }
                }
            }
            if check, report.contains(where: { !$0.1.isEmpty }) { throw ExitCode(3) }
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take all pending steps.",
            discussion: """
                Prints each step as it happens. May be interrupted and run again at any point.

                A database that was another server's is taken over so that both can use it. `--finalize --yes` ends \
                that: the other server can then never use it again. Make a backup first.
                """
        )

        @OptionGroup var options: MigrateOptions

        @Flag(help: "Also close the way back to the server that the database was taken over from.")
        var finalize = false

        @Flag(help: "Yes, close it.")
        var yes = false

        func validate() throws {
            if yes, !finalize { throw ValidationError("--yes: there is nothing to confirm without --finalize") }
            if finalize, !yes {
                throw ValidationError(
                    "--finalize cannot be undone: the old server will never be able to use the database again. "
                        + "`replyhq migrate plan --finalize` shows what it does; add --yes to do it.")
            }
        }

        func run() async throws {
            let (isJSON, finalize) = (options.json, finalize)
            try await options.gather { keeper in
                if !isJSON { Output.line("\(keeper.plugin) at \(keeper.schema.place)") }
                do {
                    try await keeper.schema.apply(finalizing: finalize) { progress in
                        Output.line(
                            isJSON ? MigrateText.json(progress, of: keeper.plugin) : MigrateText.line(progress))
                    }
                } catch {
                    throw Failure.exit(error, code: 1)
                }
                if !isJSON { Output.line("  up to date") }
            }
        }
    }
}

/// What all subcommands understand.
struct MigrateOptions: ParsableArguments {
    @OptionGroup var configuration: StoreOptions

    @Option(help: "Only this plugin's schema; by default that of every enabled plugin that keeps one.")
    var plugin: String?

    @Flag(help: "Print JSON; `apply` prints one object per line as it goes.")
    var json = false

    /// Asks each schema for something, in order.
    @discardableResult
    func gather<Value: Sendable>(
        _ body: @escaping @Sendable (SchemaSession.Keeper) async throws -> Value
    ) async throws -> [Value] {
        var values: [Value] = []
        do {
            let configuration = try await configuration.load(.tell { Output.warning($0) })
            try await SchemaSession.run(configuration, only: plugin) { keepers in
                for keeper in keepers { values.append(try await body(keeper)) }
            }
        } catch let code as ExitCode {
            throw code
        } catch {
            throw Failure.exit(error, code: 2)
        }
        return values
    }
}
