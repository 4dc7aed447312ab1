import PluginAPI

/// `replyhq doctor`: the part about pushes.
extension PushFactory: CommandProviding {
    var commands: [PluginCommand] {
        [PluginCommand("doctor", "Why something does not work, step by step.", subcommands: [Self.push])]
    }

    private static let push = PluginCommand(
        "push", "Why a push to a device would go, or would not.",
        discussion: """
            Looks at the app's wishes, the device and its token, and who delivers to it, asks the running server whether \
            the device is connected, and asks the provider for a dry run, of which the phone shows nothing. Exit code 0: \
            a push would go; 1: it would not.

            With --send the provider is asked to show a test push, whatever else is in the way.
            """,
        parameters: [
            .option("device", value: "id", "The device, as the client names it."),
            .option("app", value: "id", "Its app; needed when several know the device."),
            .flag("send", "Send a test push, and print the provider's answer as it came."),
            .flag("json", "One JSON object instead of lines."),
        ],
        run: DoctorCommand.run)
}
