import PluginAPI

/// The listener and its limits.
public struct ServerConfiguration: Sendable {
    /// The address to listen on.
    public let host: String
    /// The port; 0 takes any free one.
    public let port: Int
    /// Connections that wait in the kernel to be accepted.
    public let backlog: Int
    /// Threads that serve connections; 0 is one per core.
    public let eventLoops: Int
    /// Connections at once.
    public let maxConnections: Int
    /// How long an HTTP connection may be silent between requests.
    public let idleTimeout: Duration
    /// How long a request's header and body may take to arrive.
    public let requestTimeout: Duration
    /// The largest request header.
    public let maxHeaderBytes: Int
    /// The largest request body.
    public let maxBodyBytes: Int
    /// Bytes of answers that wait for their readers, in all connections together.
    public let maxUnsentBytes: Int
    /// Peers whose `X-Forwarded-For` is believed.
    public let trustedProxies: [AddressRange]
    /// Origins that browsers may call from.
    public let corsOrigins: CORSOrigins
    /// Paths that may not be served any more.
    public let retiredPaths: [RetiredPath]
    /// TLS on the listener, or `nil` when it speaks plain text.
    public let tls: TLSFiles?

    init(_ settings: Settings) throws(SettingsError) {
        host = try settings.string("host")
        port = try settings.int("port")
        backlog = try settings.int("backlog")
        eventLoops = try settings.int("event_loops")
        maxConnections = try settings.int("max_connections")
        idleTimeout = try settings.duration("idle_timeout")
        requestTimeout = try settings.duration("request_timeout")
        maxHeaderBytes = try settings.byteCount("max_header_bytes")
        maxBodyBytes = try settings.byteCount("max_body_bytes")
        maxUnsentBytes = try settings.byteCount("max_unsent_bytes")
        trustedProxies = try settings.values(
            "trusted_proxies", expected: AddressRange.form, parse: AddressRange.init)
        let origins = try settings.values("cors_origins", expected: CORSOrigins.form, parse: CORSOrigins.origin)
        corsOrigins = CORSOrigins(origins)
        var retired: [RetiredPath] = []
        for entry in try settings.sections("retired_paths") { retired.append(try RetiredPath(entry)) }
        retiredPaths = retired
        tls = try settings.optionalSection("tls").map { group throws(SettingsError) in try TLSFiles(group) }
    }
}

/// The files of a TLS listener.
public struct TLSFiles: Sendable {
    /// The PEM file of the certificate and its chain.
    public let certificate: String
    /// The PEM file of the private key.
    public let privateKey: String
    /// The oldest TLS that is spoken.
    public let minVersion: TLSVersion

    init(_ settings: Settings) throws(SettingsError) {
        certificate = try settings.string("certificate")
        privateKey = try settings.string("private_key")
        minVersion = try settings.enumeration("min_version")
    }
}

/// A version of TLS.
public enum TLSVersion: String, Sendable, CaseIterable {
    /// RFC 5246.
    case tls12 = "1.2"
    /// RFC 8446.
    case tls13 = "1.3"
}
