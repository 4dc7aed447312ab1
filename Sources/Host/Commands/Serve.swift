import ArgumentParser
import HostCore

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server until SIGTERM or SIGINT (the default command).",
        discussion: """
            The first signal drains: no new connections, requests under way finish, clients are told to reconnect \
            elsewhere, stores are flushed. A second signal ends the process at once. SIGHUP makes it follow its configuration, as \
            `replyhq reload` does.
            """
    )

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let configuration: EffectiveConfiguration
        do {
            configuration = try options.load()
        } catch {
            throw Failure.exit(error, code: 2)
        }
        let outcome = await ServeProcess.run(configuration)
        switch outcome {
        case .finished: return
        case .refused(let error): throw Failure.exit(error, code: 2)
        }
    }
}
