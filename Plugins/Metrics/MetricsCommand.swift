import PluginAPI

/// `replyhq metrics`.
enum MetricsCommand {
    static let metrics = PluginCommand(
        "metrics", "Print what the running server has counted.",
        discussion: "The page that GET /metrics answers, without a token: only the user that runs the server, and "
            + "root, can ask."
    ) { session in
        let page = try await session.ask("page")["page"]?.stringValue ?? ""
        for line in page.split(separator: "\n") { session.output.line(String(line)) }
    }
}
