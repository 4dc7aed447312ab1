import PluginAPI

/// What became of one message, in order. A value, from its row and its push's.
struct MessageTimeline: Sendable {
    struct Step: Sendable, Equatable {
        enum Kind: String, Sendable {
            case stored, published
            case pushWaiting = "push_waiting"
            case delivered, read
            case pushSent = "push_sent"
            case pushMerged = "push_merged"
            case pushCancelled = "push_cancelled"
            case pushFailed = "push_failed"
        }

        var kind: Kind
        var at: Timestamp
        var detail: String?

        init(_ kind: Kind, _ at: Timestamp, _ detail: String? = nil) {
            self.kind = kind
            self.at = at
            self.detail = detail
        }
    }

    let message: Message
    /// Nil: none was ever to be sent, or it is forgotten.
    let push: PushRecord?
    let steps: [Step]

    init(_ message: Message, _ push: PushRecord?) {
        self.message = message
        self.push = push
        var steps = [
            Step(.stored, message.createdAt),
            // Both are one act of the store; no later time is known.
            Step(.published, message.createdAt, "with its commit, to whoever is connected"),
        ]
        if let push { steps.append(Step(.pushWaiting, push.createdAt, Self.waiting(push))) }
        if let at = message.deliveredAt { steps.append(Step(.delivered, at)) }
        if let at = message.readAt { steps.append(Step(.read, at)) }
        if let push, let kind = push.state.step, let at = push.settledAt { steps.append(Step(kind, at, push.detail)) }
        // Nothing happened to it before it was there, whatever another node's clock said. Of equal instants the order
        // above holds.
        for index in steps.indices { steps[index].at = max(steps[index].at, message.createdAt) }
        self.steps = steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
            .map(\.element)
    }

    /// Why it still waits; of one that is settled there is nothing to say here.
    private static func waiting(_ push: PushRecord) -> String? {
        guard push.state == .waiting else { return nil }
        let parts = [push.hold.map { "held: \($0.rawValue)" }, push.detail].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}

extension PushState {
    /// How it ends; nil: it has not.
    fileprivate var step: MessageTimeline.Step.Kind? {
        switch self {
        case .waiting: nil
        case .sent: .pushSent
        case .merged: .pushMerged
        case .cancelled: .pushCancelled
        case .failed: .pushFailed
        }
    }
}
