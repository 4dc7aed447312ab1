import PluginAPI

/// Why a push to a device would go or would not, step by step. A value; ``json`` is its only form outside.
struct PushReport: Sendable, Equatable {
    /// One thing that was looked at.
    struct Step: Sendable, Equatable {
        enum Outcome: String, Sendable {
            /// Nothing here is in the way.
            case fine
            /// It could not be found out, or delays a push and does not prevent it.
            case note
            /// No push gets past this.
            case obstacle
        }

        var name: String
        var outcome: Outcome
        var text: String
    }

    var device: DeviceIdentity
    private(set) var steps: [Step] = []
    /// The device's last pushes, newest first.
    var recent: [PushRecord] = []
    /// The request to the provider and its answer as they came; nil: it was not asked.
    var exchange: [String]?
    /// Whether what was asked of the provider was a push to be shown, not a dry run.
    var isSent = false

    init(_ device: DeviceIdentity) { self.device = device }

    mutating func add(_ name: String, _ outcome: Step.Outcome, _ text: String) {
        steps.append(Step(name: name, outcome: outcome, text: text))
    }

    /// Whether nothing is in the way.
    var wouldGo: Bool { steps.allSatisfy { $0.outcome != .obstacle } }

    /// One sentence.
    var verdict: String {
        if let obstacle = steps.first(where: { $0.outcome == .obstacle }) {
            return "A push would not go: \(obstacle.text)."
        }
        let doubts = steps.filter { $0.outcome == .note }.map(\.text)
        return doubts.isEmpty ? "A push would go." : "A push would go, but: \(doubts.joined(separator: "; "))."
    }

    var json: JSONValue {
        var object: JSONObject = [
            "app_id": .string(device.app.rawValue),
            "device_id": .string(device.device.rawValue),
            "would_go": .bool(wouldGo),
            "verdict": .string(verdict),
            "steps": .array(
                steps.map { step in
                    ["name": .string(step.name), "outcome": .string(step.outcome.rawValue), "text": .string(step.text)]
                }),
            "recent": .array(recent.map(\.json)),
        ]
        if let exchange {
            object["provider"] = ["sent": .bool(isSent), "lines": .array(exchange.map { .string($0) })]
        }
        return .object(object)
    }
}

extension PushRecord {
    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "message_id": .string(message.rawValue), "state": .string(state.rawValue),
            "created_at": .string(createdAt.iso8601), "attempts": .int(Int64(attempts)),
        ]
        object["due_at"] = dueAt.map { .string($0.iso8601) }
        object["settled_at"] = settledAt.map { .string($0.iso8601) }
        object["hold"] = hold.map { .string($0.rawValue) }
        object["detail"] = detail.map { .string($0) }
        return .object(object)
    }
}
