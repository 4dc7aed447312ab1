import PluginAPI

/// A Lua script that a server runs as one step.
///
/// Servers keep scripts by the SHA-1 of their text, so that a call is 40 digits and not the text.
struct RedisScript: Sendable {
    let source: String
    private let digest: String

    init(_ source: String) {
        self.source = source
        digest = Hex.encode(Digest.sha1(source.utf8))
    }

    /// The call of a script that the server knows.
    func short(_ arguments: [RedisCommand.Argument]) -> RedisCommand {
        RedisCommand(["EVALSHA", .text(digest), 0] + arguments)
    }

    /// The call of one that it does not know; it does afterwards.
    func long(_ arguments: [RedisCommand.Argument]) -> RedisCommand {
        RedisCommand(["EVAL", .text(source), 0] + arguments)
    }
}
