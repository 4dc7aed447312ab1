import NIOCore
import NIOSSL
import Synchronization

/// The certificate that new connections are shown; can be read anew while the listener runs.
final class ListenerCertificates: Sendable {
    private let files: ListenerTLS
    private let current: Mutex<NIOSSLContext>

    /// - Throws: ``ListenerError`` for files that are missing, cannot be read, or do not belong together.
    init(_ files: ListenerTLS) throws(ListenerError) {
        self.files = files
        current = Mutex(try Self.read(files))
    }

    var context: NIOSSLContext { current.withLock { $0 } }

    /// Reads the files again; on an error the old certificate stays.
    func reload() throws(ListenerError) {
        let fresh = try Self.read(files)
        current.withLock { $0 = fresh }
    }

    private static func read(_ files: ListenerTLS) throws(ListenerError) -> NIOSSLContext {
        let chain = try read(files.certificate, "certificate") { try NIOSSLCertificate.fromPEMFile($0) }
        guard !chain.isEmpty else { throw ListenerError("\(files.certificate) holds no certificate in PEM form") }
        let key = try read(files.privateKey, "private key") { try NIOSSLPrivateKey(file: $0, format: .pem) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = files.minVersion == .tls13 ? .tlsv13 : .tlsv12
        configuration.applicationProtocols = ["h2", "http/1.1"]
        // A peer that has fallen silent does not hold its close up for long.
        configuration.shutdownTimeout = .seconds(1)
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw ListenerError(
                "the private key \(files.privateKey) and the certificate \(files.certificate) cannot be used together")
        }
    }

    private static func read<Value>(
        _ path: String, _ what: String, _ read: (String) throws -> Value
    ) throws(ListenerError) -> Value {
        if let problem = FileProblem.reading(path) { throw ListenerError("the \(what) \(path) \(problem)") }
        do {
            return try read(path)
        } catch {
            throw ListenerError("the \(what) \(path) is not a \(what) in PEM form")
        }
    }
}
