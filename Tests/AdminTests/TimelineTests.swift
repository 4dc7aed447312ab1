import PluginAPI
import Testing

@testable import AdminPlugin

@Suite("A message's timeline")
struct TimelineTests {
    private let at = Timestamp(milliseconds: 1_769_681_757_123)

    private func message(delivered: Int64? = nil, read: Int64? = nil) -> Message {
        Message(
            id: "m1", localID: "l1", conversation: "c1", app: "app", body: "Hello", sender: .agent, status: .sent,
            sequence: 1, createdAt: at, deliveredAt: delivered.map { at + .seconds($0) },
            readAt: read.map { at + .seconds($0) })
    }

    private func push(_ state: PushState, settled: Int64? = nil, hold: PushHold? = nil, detail: String? = nil)
        -> PushRecord
    {
        PushRecord(
            message: "m1", device: DeviceIdentity(app: "app", device: "phone"), state: state, createdAt: at,
            dueAt: settled == nil ? at + .seconds(3) : nil, settledAt: settled.map { at + .seconds($0) }, attempts: 0,
            hold: hold, detail: detail)
    }

    private func kinds(_ message: Message, _ push: PushRecord?) -> [String] {
        MessageTimeline(message, push).steps.map(\.kind.rawValue)
    }

    @Test("what has not happened is not there")
    func short() {
        #expect(kinds(message(), nil) == ["stored", "published"])
        #expect(kinds(message(), push(.waiting)) == ["stored", "published", "push_waiting"])
    }

    @Test("steps are in the order of their times, of equal ones in that of the work")
    func order() {
        let sent = push(.sent, settled: 4)
        #expect(
            kinds(message(delivered: 9, read: 9), sent)
                == ["stored", "published", "push_waiting", "push_sent", "delivered", "read"])
        #expect(
            kinds(message(delivered: 1, read: 5), sent)
                == ["stored", "published", "push_waiting", "delivered", "push_sent", "read"])
        #expect(kinds(message(delivered: 0), nil) == ["stored", "published", "delivered"])
    }

    @Test("each end of a push has its step", arguments: PushState.allCases)
    func ends(state: PushState) {
        let steps = MessageTimeline(message(), push(state, settled: state == .waiting ? nil : 4, detail: "why")).steps
        #expect(steps.last?.kind.rawValue == "push_\(state.rawValue)" && steps.last?.detail == "why")
    }

    @Test("what waits says what for")
    func waits() {
        let timeline = MessageTimeline(message(), push(.waiting, hold: .quiet, detail: "the app's quiet hours"))
        #expect(timeline.steps.last?.detail == "held: quiet; the app's quiet hours")
    }

    @Test("as JSON every field is there, null where there is nothing")
    func json() throws {
        func json(_ push: PushRecord?) throws -> JSONValue {
            var writer = JSONWriter()
            writer.timeline(MessageTimeline(message(), push))
            return try JSONValue(parsing: String(buffer: writer.buffer))
        }
        #expect(try json(nil)["push"] == .null)
        let failed = try json(push(.failed, settled: 4, hold: .retry, detail: "HTTP 404"))
        #expect(
            failed["push"] == [
                "device_id": "phone", "state": "failed", "hold": .null, "due_at": .null, "attempts": 0,
                "detail": "HTTP 404",
            ])
        #expect(failed["timeline"]?[0] == ["step": "stored", "at": "2026-01-29T10:15:57.123Z", "detail": .null])
    }
}
