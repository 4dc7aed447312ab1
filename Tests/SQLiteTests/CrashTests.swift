import Glibc
import PluginAPI
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: kill -9")
struct CrashTests {
    private static let rounds = 12

    /// Numbers that look random and are the same in each run.
    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    @Test("what was acknowledged survives, once, and trying the rest again doubles nothing", .timeLimit(.minutes(2)))
    func crash() async throws {
        let database = try TemporaryDatabase()
        let place = try await database.withStore { try await $0.makeConversation() }
        let executable = try ChildProcess.besideThisOne("StoreWriter")
        var random = SplitMix(state: 20_261_123)
        var expected = 0
        var wasInterrupted = false
        for round in 0..<Self.rounds {
            let child = try ChildProcess(
                executable, [database.path, place.app.rawValue, place.conversation.rawValue, "\(round)"])
            let lines = await child.linesKilling(after: Int.random(in: 1...150, using: &random))
            let words = lines.map { $0.split(separator: " ").map(String.init) }
            let tried = words.filter { $0.first == "try" && $0.count == 2 }.map { $0[1] }
            let acknowledged = words.filter { $0.first == "ack" && $0.count == 3 }.map { (local: $0[1], id: $0[2]) }
            #expect(!acknowledged.isEmpty)
            wasInterrupted = wasInterrupted || acknowledged.count < tried.count

            try await database.withStore { store in
                let found = try await store.everything(in: place)
                #expect(Set(found.map(\.localID)).count == found.count)
                #expect(found.count >= expected + acknowledged.count)
                #expect(found.count <= expected + tried.count)
                let byLocal = Dictionary(found.map { ($0.localID.rawValue, $0) }) { first, _ in first }
                for one in acknowledged { #expect(byLocal[one.local]?.id.rawValue == one.id) }

                for local in tried {
                    let again = try #require(try await store.say("again", in: place, local: local))
                    #expect(again.isNew == (byLocal[local] == nil))
                }
                expected += Set(tried).count
                let whole = try await store.everything(in: place)
                #expect(whole.count == expected)
                #expect(try await store.head(of: place)?.lastMessageID == whole.last?.id)
                let integrity = try await store.read { try $0.first("PRAGMA integrity_check") { $0.text(0) } }
                #expect(integrity == "ok")
            }
        }
        #expect(wasInterrupted, "no kill ever hit an unacknowledged message")
    }
}

extension SQLiteStore {
    fileprivate func head(of place: (app: AppID, conversation: ConversationID)) async throws -> ConversationHead? {
        try await conversation(place.conversation, in: .app(place.app))
    }
}
