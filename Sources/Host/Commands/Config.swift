import ArgumentParser
import HostCore

struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print every effective value and where it came from; secrets are not shown."
    )

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        do {
            let configuration = try options.load()
            let schemas = PluginCatalogue(configuration).schemas
            Output.line(
                json ? configuration.describeJSON(schemas: schemas) : configuration.describe(schemas: schemas))
        } catch {
            throw Failure.exit(error, code: 2)
        }
    }
}
