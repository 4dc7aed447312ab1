import Glibc
import NIOCore
import NIOPosix

/// Errors as a person writes them: those of the system and of the network in the system's words, all others in their own.
public enum ErrorText {
    public static func plain(_ error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError: plain(error)
        case let error as ChannelError: plain(error)
        case is CancellationError: "it was told to end"
        default: String(describing: error)
        }
    }

    private static func plain(_ error: NIOConnectionError) -> String {
        let reasons = error.connectionErrors.map { plain($0.error) }
        guard let first = reasons.first else { return "there is no host \(error.host)" }
        return "\(error.host):\(error.port): \(first)"
    }

    private static func plain(_ error: ChannelError) -> String {
        switch error {
        case .connectTimeout: "nobody answered in time"
        case .inputClosed, .outputClosed, .eof, .ioOnClosedChannel, .alreadyClosed: "the connection was closed"
        case .unknownLocalAddress: "the address cannot be used"
        default: String(describing: error)
        }
    }
}
