import Glibc
import PluginAPI

/// A configuration for commands that work on data: as the running server of the file has it, where one runs here.
///
/// A server's configuration is its file and the environment that it was started with, which is rarely that of a shell.
/// The server tells its own on the control socket, so that a command without `DATABASE_URL` and without secrets finds the
/// database that is served. What the command's own environment states goes before it. A command of root's does as the
/// server's user from then on.
public struct ServedConfiguration: Sendable {
    /// What to do when the command's environment names another store than the server's.
    public enum Difference: Sendable {
        /// Fail: the command would change data that the running server does not use.
        case refuse
        /// It may be meant: it is said.
        case tell(@Sendable (String) -> Void)
        /// The server is not asked.
        case standalone
    }

    public let configuration: EffectiveConfiguration
    /// The environment that it was read with.
    public let variables: [String: String]

    /// Reads the file; secrets of plugins that are not needed may be missing. Where a server runs, the process works in
    /// its folder from now on, as paths in the file are relative to that.
    ///
    /// - Parameters:
    ///   - own: the command's environment.
    ///   - keepsUser: for what root may do and the server may not; a server of another user is then not asked.
    /// - Throws: ``ConfigurationErrors``; `CommandFailure` when the stores differ and that is to be refused.
    public static func load(
        _ file: String, own: [String: String], _ difference: Difference, keepsUser: Bool = false
    ) async throws -> ServedConfiguration {
        if case .standalone = difference { return try ServedConfiguration(file, own) }
        guard let server = try await ServerEnvironment.ask(ServerPlace(file: file, environment: own)) else {
            return try ServedConfiguration(file, own)
        }
        if keepsUser, geteuid() == 0, server.user != 0 { return try ServedConfiguration(file, own) }
        let file = ControlPlace.absolute(file)
        try server.takeItsUser()
        guard chdir(server.folder) == 0 else {
            throw CommandFailure.unusable(
                "process \(server.pid) serves from \(server.folder), which cannot be entered: "
                    + String(cString: strerror(errno)))
        }
        let theirs = try ServedConfiguration(file, server.variables)
        let result = try ServedConfiguration(file, server.variables.merging(own) { _, own in own })
        for (name, value) in server.variables { setenv(name, value, 0) }
        let (left, right) = (StoreStatement(theirs.configuration), StoreStatement(result.configuration))
        guard left != right else { return result }
        let names = server.variables.keys.filter { own[$0] != nil && own[$0] != server.variables[$0] }
        let added = own.keys.filter { server.variables[$0] == nil && ServerEnvironment.isRead($0) }
        let causes = (names + added).sorted().joined(separator: ", ")
        let message =
            "the running server (process \(server.pid)) keeps its data in \(left), but this command's environment "
            + "(\(causes)) names \(right)"
        guard case .tell(let tell) = difference else {
            throw CommandFailure.unusable("\(message); unset that, or say --standalone to work there all the same")
        }
        tell("\(message); this is done there")
        return result
    }

    private init(_ file: String, _ variables: [String: String]) throws {
        configuration = try EffectiveConfiguration.load(path: file, environment: variables, needsAllPlugins: false)
        self.variables = variables
    }
}

/// Where the data is, as far as the configuration says so: the enabled plugins that are stores, with their settings.
private struct StoreStatement: Equatable, CustomStringConvertible {
    private let plugins: [PluginConfiguration]

    init(_ configuration: EffectiveConfiguration) {
        let store = Capability<any Store>.store.name
        let names = PluginCatalogue(configuration).entries.compactMap { entry -> String? in
            guard case .success(let image) = entry.image, image.descriptor.provides.contains(store) else { return nil }
            return entry.name
        }
        plugins = configuration.host.plugins.filter { $0.isEnabled && names.contains($0.name) }
    }

    var description: String {
        let places = plugins.map { plugin in
            let place = ["url", "path"].compactMap { plugin.settings?[$0]?.scalar?.text }.first
            // Of libpq's pairs nothing is shown: they may be quoted in ways that redaction does not read.
            let shown = place.flatMap { $0.contains("://") || !$0.contains("=") ? Redaction.redact(urlsIn: $0) : nil }
            return plugin.name + (shown.map { " at \($0)" } ?? "")
        }
        return places.isEmpty ? "no store" : places.joined(separator: ", ")
    }

    static func == (left: StoreStatement, right: StoreStatement) -> Bool {
        left.plugins.count == right.plugins.count
            && zip(left.plugins, right.plugins).allSatisfy { $0.asksForTheSame(as: $1) }
    }
}
