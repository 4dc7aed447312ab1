import HTTPTypes
import PluginAPI

extension ReloadOutcome {
    /// As the control socket and `replyhq reload --json` show it.
    public var json: JSONObject {
        func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
        return [
            "result": .string(result.rawValue),
            "plugins": .array(
                changes.map { change in
                    var object: JSONObject = [
                        "name": .string(change.plugin), "action": .string(change.action.rawValue),
                        "took_ms": .int(change.took.wholeMilliseconds),
                    ]
                    object["cause"] = change.cause.map { .string($0) }
                    return .object(object)
                }),
            "adopted": list(adopted),
            "needs_restart": list(needsRestart),
            "reasons": list(reasons),
            "took_ms": .int(took.wholeMilliseconds),
        ]
    }

    /// Reads what ``json`` wrote; nil for anything else.
    init?(json: JSONValue) {
        func texts(_ key: String) -> [String] { json[key]?.arrayValue?.compactMap(\.stringValue) ?? [] }
        guard let result = json["result"]?.stringValue.flatMap(Result.init) else { return nil }
        self.init(result: result)
        changes = (json["plugins"]?.arrayValue ?? []).compactMap { value in
            guard let name = value["name"]?.stringValue, let action = value["action"]?.stringValue.flatMap(Action.init)
            else { return nil }
            return Change(
                plugin: name, action: action, took: .milliseconds(value["took_ms"]?.intValue ?? 0),
                cause: value["cause"]?.stringValue)
        }
        adopted = texts("adopted")
        needsRestart = texts("needs_restart")
        reasons = texts("reasons")
        took = .milliseconds(json["took_ms"]?.intValue ?? 0)
    }

    /// The status of the control socket's answer.
    var status: HTTPResponse.Status {
        switch result {
        case .applied, .unchanged: .ok
        case .refused: .unprocessableContent
        case .rolledBack, .broken: .internalServerError
        case .interrupted: .serviceUnavailable
        }
    }
}
