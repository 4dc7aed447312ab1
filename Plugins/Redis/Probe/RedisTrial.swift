import PluginAPI

/// One command for each right that presence and limits need at all times, on keys of its own that do not stay, and a publication that
/// is to come back.
struct RedisTrial: Sendable {
    struct Step: Sendable {
        /// By its name in `ACL SETUSER`.
        var right: String
        var command: RedisCommand
    }

    /// How long a key may stay when the command that would remove it is refused, in milliseconds.
    private static let keyLife: RedisCommand.Argument = 60_000
    private static let script = RedisScript("return redis.call('GET', KEYS[1])")

    /// Where publications go, and are subscribed to.
    let channel: String
    let steps: [Step]
    private let publishWord: RedisCommand.Argument

    /// - Parameters:
    ///   - tag: in a cluster, a text whose slot the server has; its keys and its channel are in that slot.
    ///   - id: of this node, so that nodes do not meet.
    init(prefix: String, database: Int, tag: String?, id: String) {
        let place = tag.map { "{\($0)}:\(id)" } ?? id
        channel = "\(prefix)bus:\(database):probe:\(place)"
        publishWord = tag == nil ? "PUBLISH" : "SPUBLISH"
        let (leases, shown, bucket) = (
            "\(prefix)presence:probe:\(place):leases", "\(prefix)presence:probe:\(place):shown",
            "\(prefix)limit:probe:\(place)"
        )
        func step(_ right: String, _ words: RedisCommand.Argument...) -> Step {
            Step(right: right, command: RedisCommand(words))
        }
        let call = RedisScript.Call(keys: [bucket], arguments: [])
        steps = [
            step("ping", "PING"), step("time", "TIME"),
            step("zadd", "ZADD", .text(leases), 1, "m"), step("pexpire", "PEXPIRE", .text(leases), Self.keyLife),
            step("pttl", "PTTL", .text(leases)), step("zcount", "ZCOUNT", .text(leases), "-inf", "+inf"),
            step("zrangebyscore", "ZRANGEBYSCORE", .text(leases), "-inf", "+inf"),
            step("zscan", "ZSCAN", .text(leases), 0), step("zrem", "ZREM", .text(leases), "m"),
            step("zremrangebyscore", "ZREMRANGEBYSCORE", .text(leases), "-inf", "+inf"),
            step("sadd", "SADD", .text(shown), "m"), step("pexpire", "PEXPIRE", .text(shown), Self.keyLife),
            step("srem", "SREM", .text(shown), "m"),
            step("set", "SET", .text(bucket), 1, "PX", Self.keyLife), step("get", "GET", .text(bucket)),
            step("script|load", "SCRIPT", "LOAD", .text(Self.script.source)),
            Step(right: "eval", command: Self.script.long(call)),
            Step(right: "evalsha", command: Self.script.short(call)), step("pexpire", "PEXPIRE", .text(bucket), 0),
        ]
    }

    /// What is sent in one go; the answer to the publication is the last.
    ///
    /// - Parameter isThorough: with the steps before it.
    func commands(number: Int64, isThorough: Bool) -> [RedisCommand] {
        (isThorough ? steps.map(\.command) : [])
            + [RedisCommand(publishWord, .text(channel), .text(String(number)))]
    }
}

// MARK: Answers

extension RedisTrial {
    /// What the answers say.
    func outcome(of answers: [RESPValue], isThorough: Bool) -> ServerProbe.Answer {
        guard let last = answers.last, answers.count == (isThorough ? steps.count : 0) + 1 else {
            return .inconclusive(.senseless("not an answer for each command"))
        }
        let refusals = zip(steps, answers.dropLast()).compactMap { step, answer in
            answer.refusal.flatMap { $0.kind == .refused("NOSCRIPT") ? nil : (step.right, $0) }
        }
        if let elsewhere = ([last.refusal] + refusals.map(\.1)).lazy.compactMap({ $0 }).first(where: \.saysElsewhere) {
            return .inconclusive(elsewhere)
        }
        let refusal = isThorough ? Self.joined(refusals) : nil
        if let unpublished = last.refusal { return .unpublished(unpublished, refusal: refusal) }
        return .published(refusal: refusal)
    }

    /// The first refusal's words, and which commands met with one.
    private static func joined(_ refusals: [(right: String, failure: RedisFailure)]) -> RedisFailure? {
        guard let first = refusals.first?.failure else { return nil }
        var names: [String] = []
        for (right, _) in refusals {
            let name = right.replacing("|", with: " ").uppercased()
            if !names.contains(name) { names.append(name) }
        }
        return RedisFailure(first.kind, "\(first) (refused: \(names.joined(separator: ", ")))")
    }
}
