import ArgumentParser
import HostCore
import PluginAPI

struct Plugins: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the configured plugins and the others that could be; enable and disable them.",
        subcommands: [List.self, Enable.self, Disable.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List plugins, or one with every key of its settings (the default).",
            discussion: """
                With a name: everything about that plugin. Where a server with this configuration runs on this machine, \
                its plugins' states are shown as they are now.
                """
        )

        @OptionGroup var options: ConfigurationOptions

        @Argument(help: "A plugin to look at.")
        var name: String?

        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            do {
                let configuration = try options.load()
                var catalogue = PluginCatalogue(configuration)
                do throws(ControlError) {
                    catalogue.live = try await LivePlugins.ask(configuration)
                } catch {
                    Output.warning("how the plugins are is not known: \(error)")
                }
                if let name {
                    Output.line(try catalogue.inspect(name, json: json))
                } else {
                    Output.line(json ? catalogue.json : catalogue.table)
                }
            } catch {
                throw Failure.exit(error, code: 2)
            }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Turn a listed plugin on in the configuration file.")

        @OptionGroup var edit: SwitchOptions

        func run() async throws { try await edit.run(enabling: true) }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Turn a listed plugin off in the configuration file.")

        @OptionGroup var edit: SwitchOptions

        func run() async throws { try await edit.run(enabling: false) }
    }
}

/// What `enable` and `disable` understand.
struct SwitchOptions: ParsableArguments {
    @OptionGroup var options: ConfigurationOptions

    @Argument(help: "The plugin.")
    var name: String

    @Flag(help: "Also make the running server follow.")
    var reload = false

    /// Edits the entry's `enabled`; comments and layout stay. A file that would not be sound is not written.
    func run(enabling: Bool) async throws {
        // Before the folder changes to the server's.
        let place = options.place
        let change: ConfigurationChange
        do {
            let served = try await ServedConfiguration.load(
                ConfigurationOptions.path(options.file), own: ProcessEnvironment.variables,
                .tell { Output.warning($0) }, keepsUser: true)
            change = try await ConfigurationEditor(served.configuration, variables: served.variables)
                .setEnabled(enabling, plugin: name)
        } catch let failure as CommandFailure {
            throw Failure.exit(failure, code: failure.exitCode)
        } catch {
            throw Failure.exit(error, code: 2)
        }
        let state = enabling ? "enabled" : "disabled"
        Output.line(
            change.isChanged
                ? "\(name) is \(state) in \(change.path)." : "\(name) was \(state) in \(change.path) already.")
        if let caveat = change.caveat { Output.error(caveat) }
        if reload {
            try await Reload.reload(place)
        } else if change.isChanged {
            Output.line("A running server follows with: replyhq reload")
        }
    }
}
