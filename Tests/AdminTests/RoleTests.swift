import PluginAPI
import Testing

@testable import AdminPlugin

@Suite("Roles")
struct RoleTests {
    @Test("an owner may do everything")
    func owner() {
        #expect(Role.owner.permissions == Permission.all)
        #expect(Permission.all.count == 24)
    }

    @Test("an admin may do everything but manage billing and delete users")
    func admin() {
        #expect(Permission.all.subtracting(Role.admin.permissions) == ["manage:billing", "delete:users"])
    }

    @Test("an agent answers and looks")
    func agent() {
        #expect(
            Role.agent.permissions == [
                "view:conversations", "send:messages", "view:users", "view:analytics", "view:broadcasts",
                "view:workflows",
            ])
    }

    @Test("an unknown role may do nothing", arguments: ["", "owner", "ROOT"])
    func unknown(name: String) {
        #expect(Role.permissions(of: name).isEmpty)
    }
}
