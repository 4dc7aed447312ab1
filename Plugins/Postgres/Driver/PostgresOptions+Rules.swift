import PluginAPI

extension PostgresOptions {
    /// What a connection's pipeline may do.
    func rules(forWriting isWriter: Bool) -> PipelineRules {
        // The server is given the chance to say itself that a statement took too long.
        let silence = connection.statementTimeout + .seconds(2)
        return PipelineRules(
            mode: isWriter
                ? .writing(batchesOf: PipelineRules.batchLimit)
                : .reading(groupsOf: PipelineRules.groupLimit, upTo: PipelineRules.window),
            prepares: preparesStatements, hasPreamble: connection.preamble != nil,
            silence: .nanoseconds(Int64(silence / .nanoseconds(1))))
    }
}
