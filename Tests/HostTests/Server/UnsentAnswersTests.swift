import NIOCore
import NIOEmbedded
import PluginAPI
import Testing

@testable import HostCore

@Suite("Answers that wait for their readers")
struct UnsentAnswersTests {
    private final class Owner {}

    private let answers = UnsentAnswers(limit: 100_000, logger: Logger(label: "test"))
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test("Small answers always have room, large ones up to the limit")
    func room() {
        let (owner, channel) = (Owner(), EmbeddedChannel())
        #expect(answers.hasRoom(for: 100_000, at: start))
        #expect(!answers.hasRoom(for: 100_001, at: start))
        answers.hold(owner, 90_000, of: channel, at: start)
        #expect(answers.byteCount == 90_000)
        #expect(answers.hasRoom(for: 10_000, at: start))
        #expect(!answers.hasRoom(for: 10_001, at: start))
        #expect(answers.hasRoom(for: UnsentAnswers.smallAnswer, at: start))
        answers.release(owner)
        answers.release(owner)
        #expect(answers.byteCount == 0)
        #expect(answers.hasRoom(for: 100_000, at: start))
    }

    @Test("An owner holds one answer at a time")
    func again() {
        let (owner, channel) = (Owner(), EmbeddedChannel())
        answers.hold(owner, 40_000, of: channel, at: start)
        answers.hold(owner, 50_000, of: channel, at: start)
        #expect(answers.byteCount == 50_000)
    }

    @Test("When there is no room, those that have waited longest are closed, and as many as are needed")
    func slowest() throws {
        let owners = (0..<4).map { _ in Owner() }
        let channels = try (0..<4).map { _ in
            let channel = EmbeddedChannel()
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            return channel
        }
        for (place, owner) in owners.enumerated() {
            answers.hold(owner, 25_000, of: channels[place], at: start + .seconds(Int64(place)))
        }
        // The first two have waited two seconds and more: with both gone three quarters of the limit are in use.
        #expect(answers.hasRoom(for: 25_000, at: start + .seconds(3)))
        #expect(channels.map(\.isActive) == [false, false, true, true])
        // They count as gone, and are given up once.
        #expect(answers.hasRoom(for: 50_000, at: start + .seconds(3)))
        #expect(!answers.hasRoom(for: 50_001, at: start + .seconds(3)))
        for owner in owners { answers.release(owner) }
        #expect(answers.byteCount == 0)
        #expect(answers.hasRoom(for: 100_000, at: start + .seconds(3)))
    }

    @Test("Another limit holds at once")
    func follow() {
        answers.follow(limit: 10_000)
        #expect(!answers.hasRoom(for: 10_001, at: start))
        answers.follow(limit: 20_000)
        #expect(answers.hasRoom(for: 10_001, at: start))
    }
}
