import CCurl
import Glibc

/// The sockets of curl's connections, held back while many requests are written to them: what would be a packet for each
/// frame leaves in few. On the courier's thread only.
final class CorkedSockets {
    private var sockets: Set<CInt> = []

    /// Runs what writes, and lets go of what was written.
    func whileCorked(_ body: () -> Void) {
        set(1)
        body()
        set(0)
    }

    /// Takes part in all connections that the handle makes. They may outlive it, and must not outlive this.
    func follow(_ handle: UnsafeMutableRawPointer) -> Bool {
        fcm_set_sockets(
            handle,
            { context, socket, _ in
                CorkedSockets.at(context)?.sockets.insert(socket)
                return CURL_SOCKOPT_OK
            },
            { context, socket in
                CorkedSockets.at(context)?.sockets.remove(socket)
                return close(socket)
            }, Unmanaged.passUnretained(self).toOpaque()) == CURLE_OK
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> CorkedSockets? {
        context.map { Unmanaged<CorkedSockets>.fromOpaque($0).takeUnretainedValue() }
    }

    private func set(_ isCorked: CInt) {
        for socket in sockets {
            var value = isCorked
            // One that fails is sent as it comes.
            setsockopt(socket, CInt(IPPROTO_TCP), TCP_CORK, &value, socklen_t(MemoryLayout<CInt>.size))
        }
    }
}
