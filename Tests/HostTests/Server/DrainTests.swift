import Glibc
import NIOPosix
import PluginAPI
import Testing

@testable import HostCore

@Suite("Start and end of the listener", .timeLimit(.minutes(10)))
struct DrainTests {
    @Test("Draining closes idle connections at once and lets requests finish")
    func drain() async throws {
        try await TestServer.run { server in
            let idle = try server.connect()
            try idle.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try idle.answer().status == 200)
            let busy = try server.connect()
            try busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            await server.gate.arrivals(1)

            await server.listener.stopAccepting()
            #expect(server.refusesConnections())
            let drained = Task(executorPreference: server.beside) {
                await server.listener.drain(until: .now() + .seconds(20))
            }
            #expect(try idle.isAtEnd())
            server.gate.open()
            let answer = try busy.answer()
            #expect(answer.body == "waited")
            #expect(answer["connection"] == "close")
            #expect(try busy.isAtEnd())
            await drained.value
            #expect(server.listener.connectionCount == 0)
        }
    }

    @Test("What is left at the deadline is closed")
    func deadline() async throws {
        try await TestServer.run { server in
            let busy = try server.connect()
            try busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            let socket = try server.connect()
            try socket.send(UpgradeTests.request())
            #expect(try socket.answer().status == 101)
            await server.gate.arrivals(1)
            await server.listener.drain(until: .now() + .milliseconds(100))
            #expect(server.listener.connectionCount == 0)
            #expect(try socket.isAtEnd())
            await server.gate.cancellations(1)
        }
    }

    @Test("A port in use is an error that names its holder and the way out")
    func portInUse() async throws {
        try await TestServer.run { server in
            var configuration = ListenerConfiguration()
            configuration.port = server.port
            let error = try await #require(throws: ListenerError.self) {
                try await TestServer.run(configuration) { _ in }
            }
            #expect(error.description.hasPrefix("port \(server.port) on 127.0.0.1 is in use by "))
            #expect(error.description.contains("(pid \(getpid()))"))
            #expect(error.description.hasSuffix("; stop it or set PORT to another port"))
        }
    }

    @Test("An address that is not this machine's, and a name that does not exist, are said so")
    func host() async throws {
        for host in ["192.0.2.1", "no-such-host.invalid"] {
            var configuration = ListenerConfiguration()
            configuration.host = host
            let error = await #expect(throws: ListenerError.self) {
                try await TestServer.run(configuration) { _ in }
            }
            #expect(error?.description.hasPrefix("cannot listen on \(host): ") == true)
        }
    }

    @Test("The kernel's table of sockets is read by state and port")
    func socketTable() {
        let lines = [
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
            "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0",
            "   1: 0100007F:0BB8 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0",
            "   2: 0100007F:0BB9 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0",
        ]
        #expect(PortHolder.listeners(on: 3000, in: lines) == ["socket:[4711]"])
    }
}
