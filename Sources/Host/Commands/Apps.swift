import ArgumentParser
import HostCore
import PluginAPI

struct Apps: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create apps, list them, rotate their keys, and set what they want of proofs and pushes.",
        discussion: """
            Works on the store directly, also while the server runs: on that of the running server, whose environment it \
            asks for, and else on the configured one. Where this command's own environment names another store than \
            the running server's, it refuses; --standalone works on it all the same.
            """,
        subcommands: [Create.self, List.self, RotateKey.self, Identity.self, Push.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create an app; its key is shown this once."
        )

        @OptionGroup var options: StoreOptions

        @Argument(help: "The app's name.")
        var name: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            try await withApps(options) { apps in
                let (app, key) = try await apps.create(name: name)
                if json {
                    Output.line(AppText.json(app, key: key))
                } else {
                    Output.line("Created \"\(app.name)\". The key is shown only now:")
                    Output.line("")
                    Output.line("  app id   \(app.id)")
                    Output.line("  api key  \(key)")
                }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the apps, newest first.")

        @OptionGroup var options: StoreOptions

        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            try await withApps(options) { apps in
                let list = try await apps.list()
                if json {
                    Output.line(AppText.json(list))
                } else if list.isEmpty {
                    Output.line("There are no apps yet. Create one: replyhq apps create \"My product\"")
                } else {
                    for app in list { Output.line("\(app.id)  \(app.createdAt.iso8601)  \(app.name)") }
                }
            }
        }
    }

    struct RotateKey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate-key",
            abstract: "Give an app a new key; it is shown this once.",
            discussion: """
                The server of this machine follows at once, others within a second. Without an overlap they close what \
                the app's clients have open, so that clients come back with the new key.
                """
        )

        @OptionGroup var options: StoreOptions

        @Argument(help: "The app's id.")
        var app: String

        @Option(help: "How long the old key stays valid, such as 24h or 0s.")
        var overlap: String = "24h"

        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            guard let overlap = DurationText.parse(overlap), overlap >= .zero else {
                throw ValidationError("--overlap: expected a duration such as 24h, got \"\(overlap)\"")
            }
            try await withApps(options) { apps in
                let id = AppID(rawValue: app)
                guard let key = try await apps.rotateKey(of: id, overlap: overlap) else {
                    throw ChatError(.appNotFound, "there is no app \"\(app)\"; replyhq apps list shows all")
                }
                await tellServer(of: options)
                if json {
                    Output.line(AppText.json(id, key: key))
                } else {
                    let validity = DurationText.format(overlap)
                    Output.line("The new key is shown only now; the old one stays valid for \(validity):")
                    Output.line("")
                    Output.line("  api key  \(key)")
                }
            }
        }
    }
}

/// Runs a command against the store that the configuration names.
func withApps(
    _ options: StoreOptions,
    _ body: @Sendable (AppRegistry) async throws -> Void
) async throws {
    do {
        try await StoreSession.run(await options.load()) { store in
            try await body(AppRegistry(store: store, clock: SystemClock()))
        }
    } catch let error as ValidationError {
        throw error
    } catch let error as ChatError {
        throw Failure.exit(PlainError(error.reason), code: 1)
    } catch {
        throw Failure.exit(error, code: 2)
    }
}

/// Has a server of this machine follow a change at once; without one nothing is amiss, as servers look by themselves.
func tellServer(of options: StoreOptions) async {
    guard !options.standalone else { return }
    try? await ControlClient(at: options.options.place).checkAccess()
}

struct PlainError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
