/// What a user of the server's access lists must be allowed to do: the one list that the trial at the start, the README
/// and what is said of a refusal go by.
struct RedisRights: Sendable {
    /// What all keys and channels begin with.
    let prefix: String
    let isCluster: Bool

    /// Commands, by their names in `ACL SETUSER`. `asking` is needed only while slots move, and is not tried: some services
    /// give it to no user.
    var commands: [String] {
        ["hello", "ping", "time"]
            + (isCluster
                ? ["cluster|info", "cluster|slots", "asking", "spublish", "ssubscribe", "sunsubscribe"]
                : ["select", "publish", "subscribe", "unsubscribe"])
            + [
                "eval", "evalsha", "script|load", "zscan", "zadd", "zrem", "zcount", "zrangebyscore",
                "zremrangebyscore", "pttl", "pexpire", "sadd", "srem", "get", "set",
            ]
    }

    /// As it stands in `ACL SETUSER`.
    var line: String { (["~\(prefix)*", "&\(prefix)*"] + commands.map { "+\($0)" }).joined(separator: " ") }

    /// A refusal in the server's words, followed by what mends it where that is known.
    func explained(_ failure: RedisFailure) -> String {
        guard failure.kind == .refused("NOPERM") else { return failure.description }
        return "\(failure.description); its user needs these rights: \(line)"
    }
}
