import PluginAPI

/// Where the running server of a configuration file is asked.
public struct ServerPlace: Sendable {
    /// The file.
    let file: String?
    /// The socket, if one is stated.
    let socket: String?

    init(_ configuration: EffectiveConfiguration) {
        file = configuration.path
        socket = configuration.host.control.socket
    }

    /// The same of a file, whatever else is wrong with it or is missing in the environment: asking needs no secrets.
    public init(file: String, environment: [String: String]) {
        self.file = file
        let stated = try? ConfigurationFile(path: file).parse()["control"]?["socket"]?.scalar
        let text = environment["REPLYHQ_CONTROL__SOCKET"] ?? stated.flatMap { $0.isNull ? nil : $0.text }
        socket = text.flatMap { $0.isEmpty ? nil : $0 }
    }
}
