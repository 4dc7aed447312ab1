import NIOCore
import PluginAPI

extension HTTPListener {
    /// The listener that a configuration describes.
    convenience init(_ assembly: Assembly) throws {
        let server = assembly.configuration.host.server
        var configuration = ListenerConfiguration()
        configuration.host = server.host
        configuration.port = server.port
        configuration.backlog = server.backlog
        configuration.maxConnections = server.maxConnections
        configuration.maxHeaderBytes = server.maxHeaderBytes
        configuration.maxBodyBytes = server.maxBodyBytes
        configuration.requestTimeout = .nanoseconds(server.requestTimeout.wholeNanoseconds)
        configuration.idleTimeout = .nanoseconds(server.idleTimeout.wholeNanoseconds)
        configuration.tls = server.tls.map {
            ListenerTLS(certificate: $0.certificate, privateKey: $0.privateKey, minVersion: $0.minVersion)
        }
        try self.init(
            configuration: configuration,
            loops: assembly.eventLoops,
            routes: assembly.services.routes,
            edge: EdgePolicy(
                cors: CORSPolicy(origins: server.corsOrigins),
                trustedProxies: server.trustedProxies
            ),
            logger: assembly.logger
        )
    }

    /// How it is reached, with the port that was taken.
    func url(_ server: ServerConfiguration) -> String {
        let host = server.host.contains(":") ? "[\(server.host)]" : server.host
        return "\(server.tls == nil ? "http" : "https")://\(host):\(port ?? server.port)"
    }
}
