import PluginAPI
import Synchronization
import Testing

@testable import FCMPlugin

@Suite("FCM: the courier's inbox")
struct InboxTests {
    @Test("whoever waits when the thread ends is answered, and nobody is taken after that")
    func end() async {
        let inbox = CourierInbox()
        let answers = Mutex<[PushAnswer]>([])
        let push = PushNotification(
            device: DeviceIdentity(app: "app", device: "phone"), conversation: "c", message: "m", sender: .agent,
            title: "t", body: nil, expiresAt: Timestamp(milliseconds: 0))
        let errand = Errand(
            project: 0, push: push, token: "t", answered: { answer in answers.withLock { $0.append(answer) } })
        #expect(inbox.post(errand))
        inbox.end()
        #expect(answers.withLock { $0 } == [.stopping])
        #expect(!inbox.post(errand))
        await inbox.close()
        #expect(answers.withLock { $0.count } == 1)
    }
}
