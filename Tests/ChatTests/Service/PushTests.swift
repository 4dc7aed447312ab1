import Logging
import NIOEmbedded
import Synchronization
import Testing

@testable import ChatPlugin
@testable import PluginAPI

/// Remembers what it was asked.
private final class RecordingPush: PushSender {
    let asked = Mutex<[String]>([])

    func intent(for app: AppID, from sender: Message.Sender, at now: Timestamp) -> PushIntent? {
        asked.withLock { $0.append("\(app) \(sender)") }
        return PushIntent(due: now + .seconds(3), expires: now + .seconds(60))
    }
}

@Suite("What is pushed")
struct PushTests {
    @Test("who pushes is asked about each message of an agent or the system, and never about a user's")
    func asked() async throws {
        let push = RecordingPush()
        let isRunning = Mutex(true)
        let (store, clock, hub) = (MemoryStore(), ManualClock(), RealtimeHub(eventLoops: []))
        let service = ChatService(
            store: store, hub: hub, clock: clock, eventLoop: NIOAsyncTestingEventLoop(),
            configuration: ChatConfiguration(), push: { isRunning.withLock { $0 } ? push : nil },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, health: PluginHealth(clock: clock))
        let phone = DeviceIdentity(app: "app", device: "phone")
        let id = try await service.openConversation(for: phone, user: nil, deviceContext: nil).id
        func say(_ sender: Message.Sender) async throws {
            _ = try await service.send(MessageDraft(localID: nil, body: "x"), to: id, in: .app("app"), as: sender)
        }
        for sender in [Message.Sender.user, .agent, .system] { try await say(sender) }
        isRunning.withLock { $0 = false }
        try await say(.agent)
        #expect(push.asked.withLock { $0 } == ["app agent", "app system"])
        let intent = PushIntent(due: clock.now + .seconds(3), expires: clock.now + .seconds(60))
        #expect(store.state.withLock { $0.intents } == [nil, intent, intent, nil])
    }
}
