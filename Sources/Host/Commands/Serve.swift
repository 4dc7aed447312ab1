import ArgumentParser
import HostCore

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server until SIGTERM or SIGINT (the default command).",
        discussion: """
            The first signal drains: no new connections, requests under way finish, clients are told to reconnect \
            elsewhere, stores are flushed. A second signal ends the process at once, with code 130; so does a plugin that \
            does not stop, with code 124, a little after shutdown.deadline. A signal during the start gives it up. \
            SIGHUP makes the server follow its configuration, as `replyhq reload` does.
            """
    )

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let watch = ProcessWatch.begin()
        let configuration: EffectiveConfiguration
        do {
            configuration = try options.load()
        } catch {
            throw Failure.exit(error, code: 2)
        }
        await ServeProcess.run(configuration, watch) { outcome in
            switch outcome {
            case .finished: 0
            case .unfinished: 124
            case .refused(let error): Failure.exit(error, code: 2).rawValue
            }
        }
    }
}
