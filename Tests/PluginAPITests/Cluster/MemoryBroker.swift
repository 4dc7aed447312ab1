import NIOCore
import Synchronization

@testable import PluginAPI

/// Brokers of several nodes over one table of channels, in this process. Each can be cut off and connected again.
final class MemoryExchange: Sendable {
    fileprivate let nodes = Mutex<[MemoryBroker]>([])

    func broker(_ traits: BrokerTraits) -> MemoryBroker {
        let broker = MemoryBroker(self, traits)
        nodes.withLock { $0.append(broker) }
        return broker
    }
}

final class MemoryBroker: Broker {
    private struct State {
        var listener: (@Sendable (BrokerEvent) -> Void)?
        var channels: Set<String> = []
        var isConnected = true
        var published: [BrokerMessage] = []
    }

    let traits: BrokerTraits
    private let exchange: MemoryExchange
    private let state = Mutex(State())

    fileprivate init(_ exchange: MemoryExchange, _ traits: BrokerTraits) {
        self.exchange = exchange
        self.traits = traits
    }

    /// What this node has published.
    var published: [BrokerMessage] { state.withLock { $0.published } }
    var channels: Set<String> { state.withLock { $0.channels } }

    func listen(_ listener: @escaping @Sendable (BrokerEvent) -> Void) {
        state.withLock { $0.listener = listener }
        listener(.connected)
    }

    func subscribe(_ channels: [String]) {
        let listener = state.withLock { state in
            state.channels.formUnion(channels)
            return state.isConnected ? state.listener : nil
        }
        listener?(.subscribed(channels))
    }

    func unsubscribe(_ channels: [String]) { state.withLock { $0.channels.subtract(channels) } }

    func publish(_ messages: [BrokerMessage], done: @escaping @Sendable (Bool) -> Void) {
        let isConnected = state.withLock { state in
            if state.isConnected { state.published += messages }
            return state.isConnected
        }
        guard isConnected else { return done(false) }
        for node in exchange.nodes.withLock({ $0 }) {
            for message in messages { node.receive(message) }
        }
        done(true)
    }

    private func receive(_ message: BrokerMessage) {
        let listener = state.withLock { state in
            state.isConnected && state.channels.contains(message.channel) ? state.listener : nil
        }
        listener?(.received(message))
    }

    func cut() {
        let listener = state.withLock { state in
            state.isConnected = false
            return state.listener
        }
        listener?(.lost(reason: "cut"))
    }

    func mend() {
        let (listener, channels) = state.withLock { state in
            state.isConnected = true
            return (state.listener, Array(state.channels))
        }
        listener?(.subscribed(channels))
        listener?(.connected)
    }
}

/// What is stored, for repair.
final class MemoryMessages: MissedMessages {
    private let messages = Mutex<[Message]>([])
    private let reads = Mutex(0)
    private let gate = Mutex<(isHeld: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    private let lookState = Mutex<(count: Int, failures: [any Error])>((0, []))

    /// How often an app was looked at.
    var lookCount: Int { lookState.withLock { $0.count } }

    /// The next looks fail.
    func failLooks(_ failures: [any Error]) { lookState.withLock { $0.failures = failures } }

    var readCount: Int { reads.withLock { $0 } }

    /// Stores the next message; answers it as it is published.
    func append(_ conversation: ConversationID) -> ClusterPublication {
        messages.withLock { messages in
            let previous = messages.last { $0.conversation == conversation }?.sequence ?? 0
            let message = Samples.message(Int64(messages.count + 1), in: conversation)
            messages.append(message)
            return Samples.created(message.sequence, after: previous, in: conversation)
        }
    }

    /// Surveys see what is stored, and do not say so until they are released.
    func holdSurveys() { gate.withLock { $0.isHeld = true } }

    var heldSurveys: Int { gate.withLock { $0.waiting.count } }

    func releaseSurveys() {
        let waiting = gate.withLock { exchange(&$0, with: (false, [])).waiting }
        for continuation in waiting { continuation.resume() }
    }

    func page(of conversation: ConversationID, of app: AppID, after sequence: Int64) async throws
        -> ConversationCursor.Page
    {
        reads.withLock { $0 += 1 }
        let found = messages.withLock { $0.filter { $0.conversation == conversation && $0.sequence > sequence } }
        return ConversationCursor.Page(
            messages: found, hasMore: false, conversation: Samples.conversation(conversation))
    }

    func page(of conversation: ConversationID, of app: AppID, createdAfter time: Timestamp) async throws
        -> ConversationCursor.Page
    {
        reads.withLock { $0 += 1 }
        let found = messages.withLock { $0.filter { $0.conversation == conversation && $0.createdAt > time } }
        return ConversationCursor.Page(
            messages: found, hasMore: false, conversation: Samples.conversation(conversation))
    }

    func conversation(_ id: ConversationID, of app: AppID) async throws -> Conversation? {
        reads.withLock { $0 += 1 }
        return Samples.conversation(id)
    }

    func look(at app: AppID, backTo time: Timestamp) async throws -> SurveyPage {
        let failure = lookState.withLock { state -> (any Error)? in
            state.count += 1
            return state.failures.isEmpty ? nil : state.failures.removeFirst()
        }
        if let failure { throw failure }
        return try await survey(app, since: time, after: nil)
    }

    func survey(_ app: AppID, since: Timestamp, after cursor: PageCursor?) async throws -> SurveyPage {
        let last = Dictionary(messages.withLock { $0 }.map { ($0.conversation, $0) }, uniquingKeysWith: { $1 })
        let rows = last.values.sorted { $0.sequence > $1.sequence }
            .map { ConversationRow(conversation: Samples.conversation($0.conversation), lastMessage: $0) }
        await withCheckedContinuation { continuation in
            let isHeld = gate.withLock { gate in
                if gate.isHeld { gate.waiting.append(continuation) }
                return gate.isHeld
            }
            if !isHeld { continuation.resume() }
        }
        return SurveyPage(rows: rows)
    }
}
