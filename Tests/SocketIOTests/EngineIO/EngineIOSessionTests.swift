import NIOCore
import PluginAPI
import Testing

@testable import SocketIOPlugin

@Suite("An Engine.IO session")
struct EngineIOSessionTests {
    private func second(_ number: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(number) }

    private func joinedSession() -> EngineIOSession {
        var session = EngineIOSession(timings: EngineIOTimings(), openedAt: second(0))
        session.joined()
        return session
    }

    private func text(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

    @Test("A live client is pinged 25 s after open and 25 s after each pong")
    func heartbeat() {
        var session = joinedSession()
        #expect(session.nextDeadline == second(25))
        #expect(session.timerFired(at: second(24)) == .sleep(until: second(25)))
        #expect(session.timerFired(at: second(25)) == .sendPing(checkAt: second(50)))
        #expect(session.textReceived(text("3"), at: second(26)) == .pong)
        #expect(session.nextDeadline == second(50), "a pong touches no timer")
        #expect(session.timerFired(at: second(50)) == .sleep(until: second(51)))
        #expect(session.timerFired(at: second(51)) == .sendPing(checkAt: second(76)))
    }

    @Test("A silent client is closed when its pong is 60 s late, and then nothing happens any more")
    func pingTimeout() {
        var session = joinedSession()
        #expect(session.timerFired(at: second(25)) == .sendPing(checkAt: second(50)))
        #expect(session.timerFired(at: second(50)) == .sleep(until: second(75)))
        #expect(session.timerFired(at: second(75)) == .sleep(until: second(85)))
        #expect(session.timerFired(at: second(85)) == .close(.pingTimeout))
        #expect(session.nextDeadline == nil)
        #expect(session.timerFired(at: second(200)) == .nothing)
        #expect(session.textReceived(text("3"), at: second(86)) == .nothing)
        #expect(session.textReceived(text("4x"), at: second(86)) == .nothing)
        #expect(session.binaryReceived(text("x")) == .nothing)
    }

    @Test("A late pong still leads to a ping in time, because the deadline is never too late")
    func latePong() {
        var session = joinedSession()
        #expect(session.timerFired(at: second(25)) == .sendPing(checkAt: second(50)))
        #expect(session.timerFired(at: second(50)) == .sleep(until: second(75)))
        #expect(session.textReceived(text("3"), at: second(51)) == .pong)
        #expect(session.timerFired(at: second(75)) == .sleep(until: second(76)))
        #expect(session.timerFired(at: second(76)) == .sendPing(checkAt: second(101)))
    }

    @Test("Whenever the pong comes, the armed deadline is no later than the next ping")
    func deadlineIsNeverTooLate() {
        for pongAt in Int64(25)..<85 {
            var session = joinedSession()
            var pings: [NIODeadline] = []
            var now = second(0)
            var answered = false
            while let deadline = session.nextDeadline, pings.count < 2 {
                if !answered, !pings.isEmpty, deadline > second(pongAt) {
                    #expect(session.textReceived(text("3"), at: second(pongAt)) == .pong)
                    #expect(session.nextDeadline == deadline)
                    answered = true
                }
                now = deadline
                if case .sendPing = session.timerFired(at: now) { pings.append(now) }
            }
            #expect(pings == [second(25), second(pongAt + 25)])
        }
    }

    @Test("A client that joins nothing is closed after 45 s, pinged meanwhile")
    func connectTimeout() {
        var session = EngineIOSession(timings: EngineIOTimings(), openedAt: second(0))
        #expect(session.timerFired(at: second(25)) == .sendPing(checkAt: second(45)))
        #expect(session.textReceived(text("3"), at: second(26)) == .pong)
        #expect(session.timerFired(at: second(45)) == .close(.forcedClose))
        #expect(session.isClosed)
    }

    @Test("A client that joins within 45 s stays")
    func joinInTime() {
        var session = EngineIOSession(timings: EngineIOTimings(), openedAt: second(0))
        #expect(session.timerFired(at: second(25)) == .sendPing(checkAt: second(45)))
        session.joined()
        #expect(session.timerFired(at: second(45)) == .sleep(until: second(70)))
        #expect(!session.isClosed)
    }

    @Test("A ping of the client is answered with its payload, and the session goes on")
    func clientPing() {
        var session = joinedSession()
        #expect(session.textReceived(text("2"), at: second(1)) == .sendPong(text("")))
        #expect(session.textReceived(text("2probe"), at: second(1)) == .sendPong(text("probe")))
        #expect(session.textReceived(text("40/client,{}"), at: second(2)) == .message(text("0/client,{}")))
        #expect(session.nextDeadline == second(25))
    }

    @Test("Binary frames are attachments, and packets without meaning for a server are ignored")
    func otherPackets() {
        var session = joinedSession()
        #expect(session.binaryReceived(ByteBuffer(bytes: [1, 2])) == .attachment(ByteBuffer(bytes: [1, 2])))
        for packet in ["0{}", "5", "6"] { #expect(session.textReceived(text(packet), at: second(1)) == .nothing) }
        #expect(!session.isClosed)
    }

    @Test(
        "A close packet and what is no packet end the session",
        arguments: [
            ("1", CloseReason.transportClose), ("", .parseError), ("x", .parseError), ("bAQID", .parseError),
        ])
    func endings(packet: String, reason: CloseReason) {
        var session = joinedSession()
        #expect(session.textReceived(text(packet), at: second(1)) == .close(reason))
        #expect(session.textReceived(text("4x"), at: second(1)) == .nothing)
        #expect(session.nextDeadline == nil)
    }

    @Test("A session that we close is silent")
    func closedByUs() {
        var session = joinedSession()
        session.closed()
        #expect(session.timerFired(at: second(25)) == .nothing)
        #expect(session.isClosed)
    }
}
