import PluginAPI

/// The plugins of the running server, as commands show them.
public struct LivePlugins: Sendable {
    /// How one is.
    struct Report: Sendable {
        var state: String
        var reason: String?
        var since: String?
    }

    let pid: Int
    private let reports: [String: Report]

    /// Asks the server of a configuration; nil: none runs here.
    ///
    /// - Throws: ``ControlError`` when one runs and cannot be asked, or several do.
    public static func ask(_ configuration: EffectiveConfiguration) async throws(ControlError) -> LivePlugins? {
        do {
            let client = try ControlClient(of: configuration)
            return LivePlugins(pid: client.pid, try await client.status())
        } catch let error as ControlError {
            if error.code == .noServer { return nil }
            throw error
        } catch {
            throw ControlError(.noAnswer, ErrorText.plain(error))
        }
    }

    init(pid: Int, _ status: JSONValue) {
        self.pid = pid
        var reports: [String: Report] = [:]
        for plugin in status["plugins"]?.arrayValue ?? [] {
            guard let name = plugin["name"]?.stringValue, let state = plugin["state"]?.stringValue else { continue }
            reports[name.lowercased()] = Report(
                state: state, reason: plugin["reason"]?.stringValue, since: plugin["since"]?.stringValue)
        }
        self.reports = reports
    }

    /// Nil: the server does not run it.
    subscript(name: String) -> Report? { reports[name.lowercased()] }
}
