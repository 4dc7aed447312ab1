import PluginAPI
import Testing

@testable import PresencePlugin

@Suite("Presence settings")
struct PresenceConfigurationTests {
    @Test("the grace is four seconds unless stated")
    func defaults() throws {
        let settings = Settings(nil, schema: PresenceFactory.schema)
        #expect(try settings.duration("offline_grace") == .seconds(4))
    }

    @Test("the descriptor says what is provided, and that nothing is needed")
    func descriptor() {
        let descriptor = PresenceFactory().descriptor
        #expect(descriptor.name == "Presence")
        #expect(descriptor.provides == [Capability.presence.name])
        #expect(descriptor.requires.isEmpty)
    }
}
