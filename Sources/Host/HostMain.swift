import ArgumentParser
import Glibc
import HostCore

/// Entered by the executable (`Sources/Launcher`) on the first thread of the process, before any other is there. Returns
/// never; the result is for C.
@_cdecl("replyhq_host_main")
public func hostMain() -> CInt { HostMain.run() }

private enum HostMain {
    static func run() -> Never {
        ProcessSignals.hold()
        do {
            if try PluginVerb.isMeant(by: arguments) || !(ReplyHQ.parseAsRoot() is Serve) { ProcessSignals.release() }
        } catch {
            ReplyHQ.exit(withError: error)
        }
        Task.detached { await perform() }
        // Its task ends the process. This thread stays, as commands leave signals to it.
        while true { pause() }
    }

    private static let arguments = Array(CommandLine.arguments.dropFirst())

    private static func perform() async -> Never {
        if PluginVerb.isMeant(by: arguments) { exit(await PluginVerb.run(arguments)) }
        do {
            var command = try ReplyHQ.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            ReplyHQ.exit(withError: error)
        }
        exit(0)
    }
}
