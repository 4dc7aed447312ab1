import Glibc
import PluginAPI
import Synchronization

/// What happened so far, over all connections.
final class FakeMemory: Sendable {
    private struct State {
        var seen: [String: Int] = [:]
        var connections = 0
        var tokens = 0
    }

    private let state = Mutex(State())

    /// The connection's number.
    func connected() -> Int {
        state.withLock { state in
            state.connections += 1
            return state.connections
        }
    }

    /// How often the push token was seen before.
    func seen(_ token: String) -> Int {
        state.withLock { state in
            defer { state.seen[token, default: 0] += 1 }
            return state.seen[token] ?? 0
        }
    }

    /// A new access token.
    func accessToken() -> String {
        state.withLock { state in
            state.tokens += 1
            return "access-\(state.tokens)"
        }
    }

    /// One line, in one write.
    static func print(_ line: String) {
        var text = line + "\n"
        let count = text.withUTF8 { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        if count < 0 { exit(74) }
    }
}
