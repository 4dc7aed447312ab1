import NIOSSL
import PluginAPI

/// How a server proves who it is, and we to it.
struct RedisTLS: Sendable, Hashable {
    enum Verification: String, Sendable, CaseIterable {
        /// Its certificate must be good, and for the name or address that was dialled.
        case full
        /// Its certificate must be good. For Sentinels that name servers by addresses.
        case certificate
        /// Anybody will do: it keeps out who listens, not who pretends.
        case none
    }

    /// Why the files cannot be used.
    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    /// The file with the authorities; nil: the system's.
    var authorities: String?
    /// The file with our certificate and those that lead to an authority.
    var certificate: String?
    /// The file with its key.
    var key: String?
    var verification: Verification = .full

    func context() throws(Problem) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        // A peer that has fallen silent does not hold its close up for long.
        configuration.shutdownTimeout = .seconds(1)
        configuration.certificateVerification =
            switch verification {
            case .full: .fullVerification
            case .certificate: .noHostnameVerification
            case .none: .none
            }
        if let authorities {
            let found = try Self.read(authorities) { try NIOSSLCertificate.fromPEMFile(authorities) }
            configuration.trustRoots = .certificates(found)
        }
        if let certificate, let key {
            let chain = try Self.read(certificate) { try NIOSSLCertificate.fromPEMFile(certificate) }
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(
                try Self.read(key) { try NIOSSLPrivateKey(file: key, format: .pem) })
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw Problem(description: "TLS cannot be set up with these files: \(ErrorText.plain(error))")
        }
    }

    private static func read<Value>(_ path: String, _ read: () throws -> Value) throws(Problem) -> Value {
        do {
            return try read()
        } catch {
            throw Problem(description: "\(path) cannot be read, or holds nothing of the kind in PEM form")
        }
    }
}
