import HostCore
import PluginAPI

/// Schemas, their steps and what becomes of them, as text and as JSON.
enum MigrateText {
    static func lines(_ keeper: SchemaSession.Keeper, _ status: SchemaStatus) -> [String] {
        let pending =
            switch status.pending {
            case 0: "nothing pending"
            case 1: "1 step pending; see: replyhq migrate plan"
            case let count: "\(count) steps pending; see: replyhq migrate plan"
            }
        let steps = status.applied.map { "  \($0.version) \($0.name)  \($0.appliedAt.iso8601)" }
        return ["\(keeper.plugin) at \(keeper.schema.place)", "  \(status.summary)"] + steps + ["  \(pending)"]
    }

    static func lines(_ keeper: SchemaSession.Keeper, _ steps: [SchemaStep], withStatements: Bool) -> [String] {
        let title = "\(keeper.plugin) at \(keeper.schema.place)"
        guard !steps.isEmpty else { return [title, "  nothing pending"] }
        return [title]
            + steps.flatMap { step -> [String] in
                let whole = step.isTransactional ? "as a whole or not at all" : "outside a transaction"
                let statements = step.statements.flatMap { statement in
                    ["    --"] + statement.split(separator: "\n").map { "    \($0)" }
                }
                return ["  \(step.name) (\(whole))", "    \(step.locks)"] + (withStatements ? statements : [])
            }
    }

    static func line(_ progress: SchemaProgress) -> String {
        switch progress {
        case .waiting(let reason): "  waiting: \(reason)"
        case .began(let step): "  \(step.name): \(step.locks)"
        case .finished(let step, let duration):
            "  \(step.name): done after \(DurationText.format(.milliseconds(duration.wholeMilliseconds)))"
        }
    }

    static func statuses(_ report: [(SchemaSession.Keeper, SchemaStatus)]) -> String {
        array(report) { keeper, status in
            [
                "plugin": .string(keeper.plugin),
                "place": .string(keeper.schema.place),
                "summary": .string(status.summary),
                "pending": .int(Int64(status.pending)),
                "applied": .array(
                    status.applied.map { step in
                        .object([
                            "version": .int(step.version),
                            "name": .string(step.name),
                            "applied_at": .string(step.appliedAt.iso8601),
                        ])
                    }),
            ]
        }
    }

    static func plans(_ report: [(SchemaSession.Keeper, [SchemaStep])]) -> String {
        array(report) { keeper, steps in
            [
                "plugin": .string(keeper.plugin),
                "place": .string(keeper.schema.place),
                "steps": .array(
                    steps.map { step in
                        .object([
                            "name": .string(step.name),
                            "locks": .string(step.locks),
                            "transactional": .bool(step.isTransactional),
                            "statements": .array(step.statements.map { .string($0) }),
                        ])
                    }),
            ]
        }
    }

    static func json(_ progress: SchemaProgress, of plugin: String) -> String {
        var object: JSONObject = ["plugin": .string(plugin)]
        switch progress {
        case .waiting(let reason):
            object["event"] = "waiting"
            object["reason"] = .string(reason)
        case .began(let step):
            object["event"] = "began"
            object["step"] = .string(step.name)
            object["locks"] = .string(step.locks)
        case .finished(let step, let duration):
            object["event"] = "finished"
            object["step"] = .string(step.name)
            object["ms"] = .int(duration.wholeMilliseconds)
        }
        return object.description
    }

    private static func array<Value>(
        _ report: [(SchemaSession.Keeper, Value)],
        _ object: (SchemaSession.Keeper, Value) -> JSONObject
    ) -> String {
        JSONValue.array(report.map { .object(object($0.0, $0.1)) }).description
    }
}
