import Glibc
import NIOPosix
import NIOSSL

/// Errors in words for operators: what the system, the network and TLS say without the names of Swift's functions and
/// types around it, and all other errors in their own words.
public enum ErrorText {
    /// One line for a message or a log.
    public static func plain(_ error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError: words(error)
        case let error as ChannelError: words(error)
        case let error as SocketAddressError.UnknownHost: "\(error.host): \(error.errorDescription)"
        case let error as NIOSSLError: words(error)
        case let error as BoringSSLError: words(error)
        case is CancellationError: "it was cancelled"
        default: String(describing: error)
        }
    }

    /// What lies behind a ``ChatError``, whose reason is written for clients; of all others ``plain(_:)``.
    public static func cause(of error: any Error) -> String {
        guard let error = error as? ChatError else { return plain(error) }
        return error.underlying.map(cause) ?? error.reason
    }

    /// The whole chain of a ``ChatError``, with the place where it was thrown; of all others ``plain(_:)``. For logs only.
    public static func detailed(_ error: any Error) -> String {
        (error as? ChatError)?.debugDescription ?? plain(error)
    }

    /// Of several addresses of a host each failed, mostly for the same reason.
    private static func words(_ error: NIOConnectionError) -> String {
        let lookups = [error.dnsAError, error.dnsAAAAError].compactMap { $0 }
        let failures = error.connectionErrors.isEmpty ? lookups : error.connectionErrors.map(\.error)
        var reasons: [String] = []
        for reason in failures.map(plain) where !reasons.contains(reason) { reasons.append(reason) }
        return reasons.isEmpty ? "there is no host \(error.host)" : reasons.joined(separator: "; ")
    }

    private static func words(_ error: ChannelError) -> String {
        switch error {
        case .connectTimeout: "no answer in time"
        case .inputClosed, .outputClosed, .eof, .ioOnClosedChannel, .alreadyClosed: "the connection was closed"
        case .unknownLocalAddress: "the address cannot be used"
        default: String(describing: error)
        }
    }

    private static func words(_ error: NIOSSLError) -> String {
        switch error {
        case .handshakeFailed(let reason): "the TLS handshake failed: \(words(reason))"
        case .shutdownFailed(let reason): "TLS could not be ended: \(words(reason))"
        case .uncleanShutdown: "the connection was closed"
        default: String(describing: error)
        }
    }

    private static func words(_ error: BoringSSLError) -> String {
        switch error {
        case .sslError(let stack) where !stack.isEmpty: stack.map { reason("\($0)") }.joined(separator: "; ")
        case .syscallError, .zeroReturn: "the connection was closed"
        default: String(describing: error)
        }
    }

    /// The reason in BoringSSL's line, such as `CERTIFICATE_VERIFY_FAILED`. The line is
    /// `error:<code>:<library>:<function>:<reason> at <file>:<line>`.
    private static func reason(_ line: String) -> String {
        let parts = line.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, let word = parts[5].split(separator: " ").first else { return line }
        return String(word)
    }
}
