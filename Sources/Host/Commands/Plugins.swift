import ArgumentParser
import HostCore

struct Plugins: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the configured plugins and the others that could be.",
        discussion: "With a name: everything about that plugin, with every key of its settings."
    )

    @OptionGroup var options: ConfigurationOptions

    @Argument(help: "A plugin to look at.")
    var name: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        do {
            let catalogue = try PluginCatalogue(options.load())
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
