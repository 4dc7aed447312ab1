import ArgumentParser
import HostCore

/// The one command, with the verbs of the host itself; plugins bring others.
struct ReplyHQ: AsyncParsableCommand {
    static let subcommands: [any ParsableCommand.Type] = [
        Serve.self, Check.self, Plugins.self, Reload.self, Config.self, Apps.self, Migrate.self, Database.self,
    ]

    static let configuration = CommandConfiguration(
        commandName: "replyhq",
        abstract: "A self-hosted backend for in-app support chat.",
        discussion: """
            Everything it does is a plugin named in the configuration; without --config it reads the file that \
            REPLYHQ_CONFIG names, else config/development.yaml.

              replyhq serve --config config/production.yaml
              replyhq check --config config/production.yaml
              replyhq plugins disable Presence --reload
              replyhq apps create "My product"
              replyhq migrate plan
              replyhq db copy --from sqlite:replyhq.db --to postgres://user@host/database

            Any value of the configuration can be set from the environment, such as REPLYHQ_SERVER__PORT=4000 or \
            REPLYHQ_PLUGINS__PRESENCE__ENABLED=false. `replyhq config` prints every value and where it came from.

            Exit codes: 0 all is well, 1 something failed while running, 2 the configuration or a plugin cannot be \
            used, 64 the command line is wrong, \
            124 the deadline of the end was over, 130 a second signal ended the process.\(PluginHelp.text)
            """,
        version: HostVersion.text,
        subcommands: subcommands,
        defaultSubcommand: Serve.self
    )
}
