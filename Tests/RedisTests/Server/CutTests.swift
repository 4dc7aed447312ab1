import NIOPosix
import PluginAPI
import Testing

@testable import RedisPlugin

/// A send into a connection that was reset fails within the call. What cuts is on the client's loop, so that nothing
/// comes between the cut and the write.
@Suite("Redis: connections that are cut", .timeLimit(.minutes(10)))
struct CutTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    @Test("whoever writes hears of nothing until it has written")
    func reentrancy() async throws {
        let proxy = try await CuttingProxy(to: RedisServer(), on: loop)
        let link = RedisLink(on: loop, locator: .fixed(proxy.address, RedisDialer(tls: nil)), rules: LinkRules())
        let writer = Writer(link, proxy)
        try await loop.submit { link.start(for: writer) }.get()
        try await until("it is lost") { writer.heard.all.contains("lost") }
        try await loop.submit { link.close() }.get()
        #expect(writer.heard.all.prefix(3) == ["writes", "has written", "lost"])
    }

    @Test("a command that is sent as the connection is cut fails at once, and takes no later command's answer")
    func command() async throws {
        let proxy = try await CuttingProxy(to: RedisServer(), on: loop)
        try await withClient(RedisOptions(server: .fixed(proxy.address)), on: loop) { client in
            for round in 0..<3 {
                try await client.connect()
                let outcomes = Journal<Result<[RESPValue], RedisFailure>>()
                try await loop.submit {
                    client.commands.send([RedisCommand("ECHO", "lost")]) { outcomes.add($0) }
                    proxy.cut()
                }.get()
                try await until("it ends") { outcomes.count > 0 }
                #expect(throws: RedisFailure.self) { try outcomes.all[0].get() }
                try await client.connect()
                let word = "\(round)"
                #expect(try await client.commands.send(RedisCommand("ECHO", .text(word))).text == word)
                #expect(outcomes.count == 1 && client.commands.load == 0)
            }
        }
    }

    @Test("wherever a connection is cut, each command ends with its own answer or with the loss")
    func anywhere() async throws {
        let proxy = try await CuttingProxy(to: RedisServer(), on: loop)
        try await withClient(RedisOptions(server: .fixed(proxy.address)), on: loop) { client in
            let answered = Journal<Bool>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<4 {
                    group.addTask {
                        for number in 0..<200 {
                            try await client.connect()
                            let word = "\(sender) \(number)"
                            guard let answer = try? await client.commands.send(RedisCommand("ECHO", .text(word)))
                            else { continue }
                            answered.add(answer.text == word)
                        }
                    }
                }
                for cut in 1...4 {
                    try await until("some are answered") { answered.count > cut * 100 }
                    try await loop.submit { proxy.cut() }.get()
                }
                try await group.waitForAll()
            }
            #expect(answered.all.allSatisfy { $0 } && client.commands.load == 0)
        }
    }

    /// Writes as soon as it may, to a connection that was cut just before.
    private final class Writer: LinkUser, Sendable {
        let heard = Journal<String>()
        private let link: RedisLink
        private let proxy: CuttingProxy

        init(_ link: RedisLink, _ proxy: CuttingProxy) {
            (self.link, self.proxy) = (link, proxy)
        }

        func linkBecameReady() {
            heard.add("writes")
            proxy.cut()
            link.write(ByteBuffer(string: "PING\r\n"))
            heard.add("has written")
        }

        func linkWasLost(_ failure: RedisFailure) { heard.add("lost") }
        func linkAttemptFailed(_ failure: RedisFailure) { heard.add("failed") }
        func linkReceived(_ replies: [RESPValue]) { heard.add("received") }
        func linkWantsPing() {}
    }
}
