import PluginAPI
import Testing

@testable import SocketIOPlugin

@Suite("Joins of agents")
struct PendingJoinsTests {
    @Test("an agent's leave ends the joins of its conversation that are under way, not those of later or of others")
    func agents() {
        var joins = PendingJoins()
        let (a, b) = (ConversationID(rawValue: "a"), ConversationID(rawValue: "b"))
        let (first, other) = (joins.begin(a), joins.begin(b))
        joins.leave(a)
        let again = joins.begin(a)
        #expect(!joins.isWanted(first) && joins.isWanted(other) && joins.isWanted(again))
        joins.end(again)
        #expect(!joins.isWanted(again) && joins.isWanted(other))
    }
}
