import PluginAPI

/// `replyhq legacy`.
extension LegacyWSFactory: CommandProviding {
    var commands: [PluginCommand] {
        [
            PluginCommand(
                "legacy", "The old websocket: who still uses it, and turning it off.",
                subcommands: [Self.report, Self.off])
        ]
    }

    private static let report = PluginCommand(
        "report", "Which devices are connected how: the old websocket against Socket.IO.",
        discussion: """
            Each device counts once in each column. The trend is the last seven days against the seven before; the last \
            column is where the straight line through the last four weeks reaches nothing.
            """,
        parameters: [
            .flag("json", "One JSON object instead of a table."),
            .option("app", value: "id", "This app only."),
        ],
        run: LegacyReport.run)

    private static let off = PluginCommand(
        "off", "Turns the old websocket off: in the configuration file, and on the running server.",
        discussion: """
            Open connections are told that the server goes and are closed one after the other; nobody else notices. With \
            --when-unused it is left on, and the exit code is 3, while a device came that way lately, while somebody is \
            connected, or while uses have not been counted for so long.
            """,
        parameters: [
            .flag("now", "Whoever still uses it."),
            .option("when-unused", value: "time", "Only if no device used it for so long, 1d to 60d."),
        ],
        run: LegacyOff.run)
}
