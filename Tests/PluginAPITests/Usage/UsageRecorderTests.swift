import NIOEmbedded
import Synchronization
import Testing

@testable import PluginAPI

@Suite("Noting uses")
struct UsageRecorderTests {
    private final class Memory: UsageStore {
        let uses = Mutex<[TransportUse]>([])
        let isBroken = Mutex(false)

        func recordUses(_ uses: [TransportUse]) async throws {
            if isBroken.withLock({ $0 }) { throw ChatError(.unavailable, "away") }
            self.uses.withLock { $0 += uses }
        }
    }

    private let store = Memory()
    private let loop = EmbeddedEventLoop()
    private let phone = DeviceIdentity(app: "app", device: "phone")

    private func recorder(connected: @escaping UsageRecorder.Connected = { [] }) -> UsageRecorder {
        UsageRecorder(
            store: store, clock: SystemClock(), eventLoop: loop, logger: Logger(label: "test"), connected: connected)
    }

    private func software(_ version: String) -> ClientSoftware {
        ClientSoftware(transport: .legacy, protocolName: "legacy/1", sdkVersion: version)
    }

    @Test("what waits is stored when it closes, and nothing is taken afterwards")
    func closing() async {
        let recorder = recorder()
        recorder.note(phone, recorder.known(software("1")))
        await recorder.close(by: .now() + .seconds(5))
        recorder.note(DeviceIdentity(app: "app", device: "late"), recorder.known(software("1")))
        await recorder.close(by: .now() + .seconds(5))
        #expect(store.uses.withLock { $0.map(\.device) } == [phone])
    }

    @Test("a store that is away does not hold up the end")
    func broken() async {
        store.isBroken.withLock { $0 = true }
        let recorder = recorder()
        recorder.note(phone, recorder.known(software("1")))
        await recorder.close(by: .now() + .seconds(5))
        #expect(store.uses.withLock { $0.isEmpty })
    }

    @Test("equal software is one object; past a thousand kinds a version counts as unknown")
    func known() {
        let recorder = recorder()
        #expect(recorder.known(software("1")) === recorder.known(software("1")))
        for number in 0..<1_100 { _ = recorder.known(software("9.\(number)")) }
        #expect(recorder.known(software("9.1")).software.sdkVersion == "9.1")
        #expect(recorder.known(software("9.1099")).software.sdkVersion == "unknown")
    }
}
