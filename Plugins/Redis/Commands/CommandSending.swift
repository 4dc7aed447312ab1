import PluginAPI

/// What takes commands: the connection to a server, or those to the nodes of a cluster. Safe from every thread.
protocol CommandSending: Sendable {
    /// Sends commands in one go. In order, and behind all that were sent before; in a cluster so for each node.
    ///
    /// - Parameter done: called once, with an answer for each command (errors of the server among them), or with why
    ///   there are none.
    func send(_ commands: [RedisCommand], done: @escaping CommandGroup.Done)

    /// Asks every server that is needed for a sign of life. Throws what the first one failed from.
    func ping() async throws(RedisFailure)

    /// Commands that wait for their answers.
    var load: Int { get }
}

extension CommandSending {
    /// Sends commands in one go and returns their answers in order. An error of the server, to any of them, is thrown.
    func send(_ commands: [RedisCommand]) async throws(RedisFailure) -> [RESPValue] {
        let answers = try await answers(to: commands)
        if let refusal = answers.lazy.compactMap(\.refusal).first { throw refusal }
        return answers
    }

    /// Sends a command and returns its answer.
    func send(_ command: RedisCommand) async throws(RedisFailure) -> RESPValue {
        try await send([command]).first ?? .null
    }

    /// Runs a script once for each call, in one go.
    ///
    /// - Returns: the answers in order.
    func run(_ script: RedisScript, _ calls: [RedisScript.Call]) async throws(RedisFailure) -> [RESPValue] {
        var answers = try await answers(to: calls.map(script.short))
        // The server was told of it when the connection was made, and has forgotten since.
        let forgotten = answers.indices.filter { answers[$0].refusal?.kind == .refused("NOSCRIPT") }
        if !forgotten.isEmpty {
            let repeated = try await self.answers(to: forgotten.map { script.long(calls[$0]) })
            for (index, answer) in zip(forgotten, repeated) { answers[index] = answer }
        }
        if let refusal = answers.lazy.compactMap(\.refusal).first { throw refusal }
        return answers
    }

    /// The answers, errors of the server among them.
    private func answers(to commands: [RedisCommand]) async throws(RedisFailure) -> [RESPValue] {
        let result = await withCheckedContinuation { continuation in
            send(commands) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}

extension RedisCommands: CommandSending {
    func ping() async throws(RedisFailure) { _ = try await send(RedisCommand("PING")) }
}
