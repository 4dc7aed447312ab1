import PluginAPI
import Synchronization

/// PostgreSQL's `LISTEN` and `NOTIFY` as the broker of a cluster.
///
/// One channel of the database carries everything: each `LISTEN` is a transaction, every listening session is woken by
/// every notification whatever its channel, and compares it with all its channels one by one. The bus's own channels are
/// named in the payload, and what nobody here subscribed to is passed over.
final class PostgresBroker: Broker {
    private struct State {
        var channels: Set<String> = []
        var isUp = false
        var reader = NotificationReader()
        var listener: (@Sendable (BrokerEvent) -> Void)?
    }

    let traits = BrokerTraits(hasChannelPerTopic: false, carriesContent: false)
    private let line: ListenLine
    private let nextNumber = Atomic<UInt64>(1)
    /// Touched on the line's thread only; the lock is never contended.
    private let state = Mutex(State())

    init(line: ListenLine) {
        self.line = line
    }

    func listen(_ listener: @escaping @Sendable (BrokerEvent) -> Void) {
        line.perform { [self] in state.withLock { $0.listener = listener } }
        line.observe { [weak self] in self?.take($0) }
    }

    func subscribe(_ channels: [String]) {
        line.perform { [self] in
            let listener = state.withLock { state in
                state.channels.formUnion(channels)
                return state.isUp ? state.listener : nil
            }
            listener?(.subscribed(channels))
        }
    }

    func unsubscribe(_ channels: [String]) {
        line.perform { [self] in state.withLock { $0.channels.subtract(channels) } }
    }

    func publish(_ messages: [BrokerMessage], done: @escaping @Sendable (Bool) -> Void) {
        var payloads: [String] = []
        for message in messages {
            let number = nextNumber.add(1, ordering: .relaxed).oldValue
            guard let own = NotificationText.payloads(of: message, number: number) else { return done(false) }
            payloads += own
        }
        guard !payloads.isEmpty else { return done(true) }
        line.notify(payloads, done: done)
    }

    private func take(_ event: LineEvent) {
        let (listener, told) = state.withLock { state in
            (state.listener, Self.take(event, &state))
        }
        guard let listener else { return }
        for event in told { listener(event) }
    }

    private static func take(_ event: LineEvent, _ state: inout State) -> [BrokerEvent] {
        switch event {
        case .up:
            state.isUp = true
            state.reader = NotificationReader()
            return [.subscribed(state.channels.sorted()), .connected]
        case .down(let failure):
            state.isUp = false
            return [.lost(reason: failure.description)]
        case .notified(let payload, let sender):
            guard let message = state.reader.take(payload, from: sender), state.channels.contains(message.channel)
            else { return [] }
            return [.received(message)]
        }
    }
}
