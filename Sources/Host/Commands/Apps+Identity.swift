import ArgumentParser
import HostCore
import PluginAPI

extension IdentityMode: @retroactive ExpressibleByArgument {}

extension Apps {
    struct Identity: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an app's users and devices prove who they are.",
            discussion: """
                off       believe what clients say; forgets the secret
                optional  check the proofs that are sent, let pass where there are none: while clients are updated
                required  without proofs nobody is let in

                The app's own backend signs the ids of its users with the secret, which is shown once: when the app \
                gets its first one, or with --new-secret; docs/identity-proof.md says how. The server of this \
                machine follows at once, others within a second. When proofs become required, or with a new secret, they \
                close what the app's clients have open.
                """
        )

        @OptionGroup var options: StoreOptions

        @Argument(help: "The app's id.")
        var app: String

        @Argument(help: "off, optional or required.")
        var mode: IdentityMode

        @Flag(help: "Make a new secret; the tokens given out so far become void.")
        var newSecret = false

        @Flag(help: "Print JSON.")
        var json = false

        func validate() throws {
            if newSecret, mode == .off { throw ValidationError("--new-secret: there is no secret when proofs are off") }
        }

        func run() async throws {
            try await withApps(options) { apps in
                let id = AppID(rawValue: app)
                guard let change = try await apps.setIdentity(of: id, to: mode, newSecret: newSecret) else {
                    throw ChatError(.appNotFound, "there is no app \"\(app)\"; replyhq apps list shows all")
                }
                await tellServer(of: options)
                if json {
                    Output.line(AppText.json(id, identity: mode, secret: change.newSecret))
                } else {
                    Output.line("Proofs of identity are \(mode.rawValue) for the app \(id).")
                    guard let secret = change.newSecret else { return }
                    Output.line("The identity secret is shown only now; keep it on your own backend:")
                    Output.line("")
                    Output.line("  identity secret  \(secret)")
                }
            }
        }
    }
}
