import NIOCore
import PluginAPI

extension HTTPListener {
    /// The listener that a configuration describes.
    convenience init(_ assembly: Assembly) throws {
        let server = assembly.configuration.host.server
        try self.init(
            configuration: ListenerConfiguration(server),
            loops: assembly.eventLoops,
            routes: assembly.services.routes,
            edge: EdgePolicy(server),
            logger: assembly.logger,
            meters: ListenerMeters(assembly.services.metrics.process)
        )
    }

    /// How it is reached, with the port that was taken.
    func url(_ server: ServerConfiguration) -> String {
        let host = server.host.contains(":") ? "[\(server.host)]" : server.host
        return "\(server.tls == nil ? "http" : "https")://\(host):\(port ?? server.port)"
    }
}
