import PluginAPI
import Synchronization
import Testing

@testable import HostCore

@Suite("Following capabilities")
struct CapabilityFollowingTests {
    private static let word = Capability<String>("word")

    private func context(_ services: HostServices, _ name: String) -> PluginContext {
        PluginEnvironment.bench(services).context(
            for: PluginDescriptor(name: name, version: "1", summary: "", provides: ["word"]),
            settings: Settings(SettingsNode(.mapping([]), origin: .default), schema: SettingsSchema(), path: ""),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, health: PluginHealth(clock: ManualClock()))
    }

    @Test("the value is there, gone and another one as its providers come and go, each with a number of its own")
    func following() async throws {
        let services = HostServices.bench()
        let heard = Mutex<[String?]>([])
        let followed = context(services, "Follower").follow(Self.word) { value in heard.withLock { $0.append(value) } }
        #expect(followed.value == nil)
        var generations = [followed.current.generation]
        for word in ["one", "two"] {
            try context(services, "Provider").provide(word, as: Self.word)
            #expect(followed.value == word)
            generations.append(followed.current.generation)
            await services.takeBack(from: "Provider")
            #expect(followed.value == nil)
            generations.append(followed.current.generation)
        }
        #expect(heard.withLock { $0 } == [nil, "one", nil, "two", nil])
        #expect(Set(generations).count == generations.count)
    }

    @Test("who follows hears nothing more when it has been taken back")
    func takenBack() async throws {
        let services = HostServices.bench()
        let followed = context(services, "Follower").follow(Self.word)
        await services.takeBack(from: "Follower")
        try context(services, "Provider").provide("late", as: Self.word)
        #expect(followed.value == nil)
    }

    @Test("what was there before is heard at once; other names are not")
    func already() async throws {
        let services = HostServices.bench()
        try context(services, "Provider").provide("early", as: Self.word)
        #expect(context(services, "Follower").follow(Self.word).value == "early")
        #expect(context(services, "Follower").follow(Capability<String>("other")).value == nil)
    }
}
