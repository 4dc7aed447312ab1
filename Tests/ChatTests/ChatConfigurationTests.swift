import PluginAPI
import Testing

@testable import ChatPlugin

@Suite("Chat settings")
struct ChatConfigurationTests {
    @Test("the defaults of the schema are those of the struct")
    func defaults() throws {
        let read = try ChatConfiguration(Settings(nil, schema: ChatConfiguration.schema))
        #expect(read == ChatConfiguration())
    }

    @Test("a key may not be remembered for longer than a minute")
    func bounds() {
        let settings = Settings(["key_cache_positive": "61s"], schema: ChatConfiguration.schema)
        #expect(throws: SettingsError.self) { try ChatConfiguration(settings) }
    }

    @Test("the descriptor names the capability it gives and the one it needs")
    func descriptor() {
        let descriptor = ChatFactory().descriptor
        #expect(descriptor.name == "Chat")
        #expect(descriptor.provides == [Capability.chat.name])
        #expect(descriptor.requires == [Capability.store.name])
    }
}
