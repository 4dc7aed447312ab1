import Glibc
import PluginAPI
import Testing

@testable import HostCore

@Suite("Options of the listener's sockets", .timeLimit(.minutes(10)))
struct SocketOptionTests {
    @Test("The listening socket is not inherited by child processes")
    func closeOnExec() async throws {
        try await TestServer.run { server in
            let listening = sockets(of: server).filter { option(SO_ACCEPTCONN, of: $0) == 1 }
            #expect(listening.count == 1)
            for descriptor in listening { #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0) }
        }
    }

    @Test("Accepted sockets send at once, and no socket has an option that needs a privilege")
    func levels() async throws {
        try await TestServer.run { server in
            let wire = try server.connect()
            try wire.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try wire.answer().status == 200)
            let sockets = sockets(of: server)
            #expect(sockets.contains { option(SO_ACCEPTCONN, of: $0) == 0 })
            for descriptor in sockets {
                #expect(option(TCP_NODELAY, of: descriptor, level: CInt(IPPROTO_TCP)) == 1)
                #expect(option(SO_DEBUG, of: descriptor) == 0)
                #expect(option(SO_MARK, of: descriptor) == 0)
            }
        }
    }

    @Test("A port that may not be listened on is said so; privileged ports with the way out")
    func notAllowed() {
        let low = ListenerError(binding: "127.0.0.1", port: 80, IOError(errnoCode: EACCES, reason: "bind"))
        #expect(low.description.contains("CAP_NET_BIND_SERVICE"))
        let high = ListenerError(binding: "127.0.0.1", port: 3000, IOError(errnoCode: EACCES, reason: "setsockopt"))
        #expect(high.description == "cannot listen on port 3000 of 127.0.0.1: Permission denied")
    }

    /// This process's sockets whose local address is the server's.
    private func sockets(of server: TestServer) -> [CInt] {
        (0..<4096 as Range<CInt>).filter { port(of: $0) == server.port }
    }

    private func option(_ name: CInt, of descriptor: CInt, level: CInt = SOL_SOCKET) -> CInt? {
        var value: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, level, name, &value, &size) == 0 ? value : nil
    }

    private func port(of descriptor: CInt) -> Int {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isKnown = withUnsafeMutableBytes(of: &address) { bytes in
            bytes.baseAddress.map { getsockname(descriptor, $0.assumingMemoryBound(to: sockaddr.self), &size) == 0 }
        }
        return isKnown == true ? Int(UInt16(bigEndian: address.sin_port)) : 0
    }
}
