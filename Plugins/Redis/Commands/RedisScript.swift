import PluginAPI

/// A Lua script that a server runs as one step.
///
/// Servers keep scripts by the SHA-1 of their text, so that a call is 40 digits and not the text.
struct RedisScript: Sendable {
    /// What a script is called with.
    struct Call: Sendable {
        /// All keys that it touches. In a cluster they are in one slot.
        var keys: [String]
        var arguments: [RedisCommand.Argument]
    }

    let source: String
    private let digest: String

    init(_ source: String) {
        self.source = source
        digest = Hex.encode(Digest.sha1(source.utf8))
    }

    /// The call of a script that the server knows.
    func short(_ call: Call) -> RedisCommand { command("EVALSHA", digest, call) }

    /// The call of one that it does not know; it does afterwards.
    func long(_ call: Call) -> RedisCommand { command("EVAL", source, call) }

    private func command(_ word: String, _ script: String, _ call: Call) -> RedisCommand {
        let head: [RedisCommand.Argument] = [.text(word), .text(script), .integer(Int64(call.keys.count))]
        return RedisCommand(head + call.keys.map { .text($0) } + call.arguments, key: call.keys.first)
    }
}
