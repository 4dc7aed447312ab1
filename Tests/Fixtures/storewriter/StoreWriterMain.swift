import Glibc
import PluginAPI
import PostgresPlugin
import SQLitePlugin

/// Appends messages until it is killed, and says on its output what it tries and what was acknowledged:
/// `try <local id>` before, `ack <local id> <message id>` after.
///
/// Arguments: SQLite file or PostgreSQL URL, app, conversation, round.
@main
enum StoreWriterMain {
    private static let writers = 8

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5 else { exit(64) }
        let store = try await open(arguments[1])
        let scope = ConversationScope.app(AppID(arguments[2]))
        let conversation = ConversationID(arguments[3])
        let round = arguments[4]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    for number in 0... {
                        let new = NewMessage(
                            id: MessageID(IDGenerator.message()),
                            localID: LocalMessageID("\(round)-\(writer)-\(number)"),
                            conversation: conversation, scope: scope, sender: .agent, body: "message \(number)",
                            at: .now(), push: PushIntent(due: .now(), expires: .now() + .seconds(3_600)))
                        say("try \(new.localID)\n")
                        guard let stored = try await store.append(new, onCommit: { _ in }) else { exit(65) }
                        say("ack \(new.localID) \(stored.message.id)\n")
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func open(_ location: String) async throws -> any Store {
        if location.hasPrefix("postgres://") { return try await PostgresStore.open(url: location) }
        return try await SQLiteStore.open(SQLiteOptions(path: location))
    }

    /// One call per line: lines shorter than a pipe's atomic size are never mixed, and none waits in a buffer.
    private static func say(_ line: String) {
        var line = line
        let written = line.withUTF8 { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        if written < 0 { exit(66) }
    }
}
