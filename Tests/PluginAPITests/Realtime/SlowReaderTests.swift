import NIOPosix
import Testing

@testable import PluginAPI

@Suite("Slow readers, over real sockets")
struct SlowReaderTests {
    @Test("every byte arrives, whole and in order, when the socket's buffer overflows", .timeLimit(.minutes(10)))
    func complete() async throws {
        try await SocketBench.run(outboundLimit: 64_000_000) { bench in
            let texts = (0..<4000).map { "<\($0):" + String(repeating: ".", count: $0 % 700) + ">" }
            for (number, text) in texts.enumerated() {
                bench.publish(.text(text))
                // Several ticks, each with joined frames.
                if number.isMultiple(of: 100) { try await bench.turn() }
            }
            try await bench.turn()
            // Nobody reads yet, so most of it waits in this process.
            #expect(try await bench.backlog() > 500_000)
            let expected = texts.joined()
            try await bench.read(until: expected.utf8.count)
            #expect(bench.received == expected)
            // All is gone by now, and the connection works as before.
            #expect(try await bench.backlog() == 0)
            bench.publish(.text("again"))
            try await bench.read(until: expected.utf8.count + 5)
            #expect(bench.received == expected + "again")
        }
    }

    @Test("what waits in the channel leaves with a flush, also when the connection has nothing to say")
    func silent() async throws {
        try await SocketBench.run(outboundLimit: 1_000, early: "hello") { bench in
            bench.server.flush()
            try await bench.read(until: 5)
            #expect(bench.received == "hello")
        }
    }

    @Test("past the limit the connection is closed, typing having been dropped before", .timeLimit(.minutes(10)))
    func limit() async throws {
        try await SocketBench.run(outboundLimit: 200_000) { bench in
            let frame = String(repeating: ".", count: 1000)
            while try await bench.backlog() <= 100_000 {
                bench.publish(.text(frame))
                try await bench.turn()
            }
            let before = try await bench.backlog()
            bench.publish(.typing(frame))
            try await bench.turn()
            #expect(try await bench.backlog() == before)
            #expect(bench.failures.isEmpty)
            for _ in 0..<200 { bench.publish(.text(frame)) }
            try await bench.server.closeFuture.get()
            #expect(bench.failures == [.outboundLimit])
        }
    }

    @Test("who is given up and still reads gets the last words behind whole frames", .timeLimit(.minutes(10)))
    func lastWords() async throws {
        try await SocketBench.run(outboundLimit: 100_000, lastWords: "bye") { bench in
            let frame = "<" + String(repeating: ".", count: 998) + ">"
            while bench.failures.isEmpty {
                bench.publish(.text(frame))
                try await bench.turn()
            }
            bench.publish(.text("late"))
            try await bench.turn()
            let waiting = try await bench.backlog()
            #expect(waiting > 90_000)
            try await bench.read(until: waiting)
            while !bench.received.hasSuffix("bye") { try await bench.read(until: bench.received.utf8.count + 1) }
            let frames = bench.received.dropLast(3)
            #expect(frames.utf8.count.isMultiple(of: 1000) && frames.hasPrefix(frame) && frames.hasSuffix(frame))
            #expect(bench.failures == [.outboundLimit])
        }
    }

    @Test("bytes that the channel had queued before come first", .timeLimit(.minutes(10)))
    func queuedBefore() async throws {
        let early = String(repeating: "e", count: 2_000_000)
        try await SocketBench.run(outboundLimit: 1_000_000, early: early) { bench in
            bench.publish(.text("first"))
            try await bench.turn()
            bench.publish(.text("second"))
            try await bench.turn()
            #expect(try await bench.backlog() > 0)
            let expected = early + "firstsecond"
            try await bench.read(until: expected.utf8.count)
            #expect(bench.received == expected)
        }
    }

    @Test("a peer that resets its connection is forgotten and freed", .timeLimit(.minutes(10)))
    func reset() async throws {
        try await SocketBench.run(outboundLimit: 1_000_000) { bench in
            bench.publish(.text(String(repeating: ".", count: 500_000)))
            try await bench.turn()
            // Unread bytes make it a reset.
            try await bench.client.close().get()
            // Publishing finds it out.
            while try await bench.memberCount() > 0 {
                bench.publish(.text("x"))
                try await bench.turn()
            }
            try await bench.server.closeFuture.get()
            try await bench.turn()
            #expect(try await bench.isFreed())
        }
    }
}
