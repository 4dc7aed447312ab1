import ArgumentParser
import HostCore

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the configuration and its plugins without serving.",
        discussion: "Reads the settings, loads every plugin, and starts each to see that what it needs can be reached."
    )

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "Load the plugins but do not start them: nothing is opened or connected to.")
    var offline = false

    func run() async throws {
        do {
            let configuration = try options.load()
            for notice in configuration.notices { Output.line("\(notice.severity.rawValue): \(notice)") }
            let report = try await CheckRun.run(configuration, offline: offline)
            for line in report { Output.line(line) }
        } catch {
            throw Failure.exit(error, code: 2)
        }
        Output.line("The configuration is sound.")
    }
}
