import NIOCore
import NIOSSL
import PluginAPI
import Synchronization

/// The certificate that new connections are shown; can be read anew while the listener runs.
final class ListenerCertificates: Sendable {
    private let files: ListenerTLS
    private let current: Mutex<(context: NIOSSLContext, content: [[UInt8]])>

    /// - Throws: ``ListenerError`` for files that are missing, cannot be read, or do not belong together.
    init(_ files: ListenerTLS) throws(ListenerError) {
        self.files = files
        let content = Self.content(of: files)
        current = Mutex((try Self.read(files), content))
    }

    var context: NIOSSLContext { current.withLock { $0.context } }

    /// Reads the files again, and answers how to put what they hold into force; nil if they hold the same as before.
    func renewed() throws(ListenerError) -> (@Sendable () -> Void)? {
        let content = Self.content(of: files)
        let fresh = try Self.read(files)
        guard current.withLock({ $0.content != content }) else { return nil }
        return { self.current.withLock { $0 = (fresh, content) } }
    }

    /// The files as digests, to see whether they have changed.
    private static func content(of files: ListenerTLS) -> [[UInt8]] {
        [files.certificate, files.privateKey].map { path in
            (try? ConfigurationFile(path: path)).map { Digest.sha256($0.text.utf8) } ?? []
        }
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
