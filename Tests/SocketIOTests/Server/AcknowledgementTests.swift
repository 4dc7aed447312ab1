import NIOCore
import NIOEmbedded
import PluginAPI
import Synchronization
import Testing
import WebSocketTesting

@testable import SocketIOPlugin

@Suite("Events that ask for an acknowledgement")
struct AcknowledgementTests {
    /// What a call came to: `["peer"]`, or the error's name.
    private final class Outcome: Sendable {
        private let value = Mutex<String?>(nil)

        var text: String? { value.withLock { $0 } }

        func note(_ text: String) { value.withLock { $0 = text } }
    }

    private func bench() throws -> (ConnectionBench, NamespaceSocket) {
        let bench = try ConnectionBench()
        try bench.receive("40/client,{}")
        _ = try bench.sent()
        return (bench, try #require(bench.connection?.joinedSockets.first))
    }

    /// Calls from a task of the connection's loop.
    private func call(
        _ socket: NamespaceSocket, _ bench: ConnectionBench, timeout: Duration = .seconds(10)
    ) -> (Task<Void, Never>, Outcome) {
        let outcome = Outcome()
        let task = Task(executorPreference: bench.core.executor(of: bench.loop)) {
            do {
                let answer = try await socket.emitWithAck("ask", [], timeout: timeout)
                outcome.note("\(answer.compactMap { $0.json?.stringValue })")
            } catch {
                outcome.note("\(error)")
            }
        }
        return (task, outcome)
    }

    @Test("the peer's answer, the limit and the peer's leaving each end the call")
    func outcomes() throws {
        let (bench, socket) = try bench()
        let answered = call(socket, bench).1
        let late = call(socket, bench, timeout: .seconds(1)).1
        let abandoned = call(socket, bench).1
        bench.loop.run()
        #expect(try bench.sent() == (0...2).map { #"42/client,\#($0)["ask"]"# })
        try bench.receive(#"43/client,0["peer"]"#)
        #expect(answered.text == #"["peer"]"# && late.text == nil)
        bench.loop.advanceTime(by: .seconds(2))
        #expect(late.text == "timedOut" && abandoned.text == nil)
        try bench.receive("41/client,")
        #expect(abandoned.text == "disconnected")
    }

    @Test("a cancelled task waits no longer; the answer that comes later goes nowhere")
    func cancelled() throws {
        let (bench, socket) = try bench()
        let (task, outcome) = call(socket, bench)
        bench.loop.run()
        #expect(try bench.sent() == [#"42/client,0["ask"]"#])
        #expect(outcome.text == nil)
        task.cancel()
        bench.loop.run()
        #expect(outcome.text == "CancellationError()")
        try bench.receive(#"43/client,0["peer"]"#, #"42/client,9["hello"]"#)
        #expect(try bench.sent() == [#"43/client,9[{"n":1}]"#])
        #expect(outcome.text == "CancellationError()")
    }

    @Test("a task that is cancelled before it calls sends nothing")
    func cancelledBefore() throws {
        let (bench, socket) = try bench()
        let (task, outcome) = call(socket, bench)
        task.cancel()
        bench.loop.run()
        #expect(outcome.text == "CancellationError()")
        #expect(try bench.sent().isEmpty)
    }
}
