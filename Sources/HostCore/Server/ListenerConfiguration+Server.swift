import NIOCore
import PluginAPI

extension ListenerConfiguration {
    /// The `server` section of the configuration.
    init(_ server: ServerConfiguration) {
        host = server.host
        port = server.port
        backlog = server.backlog
        maxConnections = server.maxConnections
        maxHeaderBytes = server.maxHeaderBytes
        maxBodyBytes = server.maxBodyBytes
        maxUnsentBytes = server.maxUnsentBytes
        requestTimeout = .nanoseconds(server.requestTimeout.wholeNanoseconds)
        idleTimeout = .nanoseconds(server.idleTimeout.wholeNanoseconds)
        tls = server.tls.map(ListenerTLS.init)
    }
}

extension ListenerTLS {
    init(_ files: TLSFiles) {
        self.init(certificate: files.certificate, privateKey: files.privateKey, minVersion: files.minVersion)
    }
}

extension EdgePolicy {
    /// The `server` section of the configuration.
    ///
    /// - Parameter openPrefixes: see ``CORSPolicy/openPrefixes``.
    init(_ server: ServerConfiguration, openPrefixes: [String] = []) {
        cors = CORSPolicy(origins: server.corsOrigins, openPrefixes: openPrefixes)
        trustedProxies = server.trustedProxies
    }
}
