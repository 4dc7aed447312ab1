import PluginAPI

extension RedisCommands {
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

    /// Runs a script once for each list of arguments, in one go.
    ///
    /// - Returns: the answers in order.
    func run(_ script: RedisScript, _ calls: [[RedisCommand.Argument]]) async throws(RedisFailure) -> [RESPValue] {
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
