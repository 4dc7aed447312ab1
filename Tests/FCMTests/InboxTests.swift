import PluginAPI
import Synchronization
import Testing

@testable import FCMPlugin

@Suite("FCM: the courier's inbox")
struct InboxTests {
    private let push = PushNotification(
        device: DeviceIdentity(app: "app", device: "phone"), conversation: "c", message: "m", sender: .agent,
        title: "t", body: nil, expiresAt: Timestamp(milliseconds: 0))

    @Test("a thread that waits is woken by what comes, and does not wait when something has come")
    func sleep() throws {
        let multi = try #require(CurlMulti())
        let inbox = CourierInbox()
        inbox.listen(multi.waker)
        let errand = Errand(project: 0, push: push, token: "t", answered: { _ in })
        #expect(inbox.post(errand))
        #expect(!inbox.sleep())
        #expect(inbox.take().errands.count == 1)
        #expect(inbox.sleep())
        #expect(inbox.post(errand) && inbox.post(errand))
        let start = ContinuousClock.now
        multi.wait(milliseconds: 60_000)
        #expect(ContinuousClock.now - start < .seconds(50))
        #expect(inbox.take().errands.count == 2)
        inbox.listen(nil)
    }

    @Test("whoever waits when the thread ends is answered, and nobody is taken after that")
    func end() async {
        let inbox = CourierInbox()
        let answers = Mutex<[PushAnswer]>([])
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
