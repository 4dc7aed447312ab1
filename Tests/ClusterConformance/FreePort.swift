import Foundation
import Glibc
import Synchronization

/// Ports for servers that tests start, below those that the kernel gives to outgoing connections: so none is lost while
/// its server is away, and whoever looks for a server that is away does not connect to itself.
public enum FreePort {
    /// No port of the range is free.
    public struct Exhausted: Error {}

    private static let range: ClosedRange<UInt16> = {
        let text = try? String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)
        let firstEphemeral = text?.split(whereSeparator: \.isWhitespace).first.flatMap { UInt16($0) } ?? 32_768
        return 10_240...max(firstEphemeral - 1, 20_240)
    }()

    /// From a place of this process's own on, so that test runs beside each other hardly meet.
    private static let next = Mutex(UInt16.random(in: range))

    /// A port of the loopback that nobody uses at the moment; none is given twice before all were.
    public static func take() throws -> UInt16 {
        for _ in range {
            let port = next.withLock { next in
                defer { next = next == range.upperBound ? range.lowerBound : next + 1 }
                return next
            }
            if try isFree(port) { return port }
        }
        throw Exhausted()
    }

    private static func isFree(_ port: UInt16) throws -> Bool {
        let probe = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { throw Exhausted() }
        defer { close(probe) }
        // As servers do: what waits in TIME_WAIT is no reason against a port.
        var on: CInt = 1
        setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<CInt>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
