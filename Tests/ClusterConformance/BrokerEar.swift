import PluginAPI
import Synchronization
import Testing

/// A broker and what it told, in order.
public final class BrokerEar: Sendable {
    public let broker: any Broker
    private let events = Mutex<[BrokerEvent]>([])

    /// Listens to a broker that nobody listens to yet.
    public init(_ broker: any Broker) {
        self.broker = broker
        broker.listen { [weak self] event in self?.events.withLock { $0.append(event) } }
    }

    /// Everything it told.
    public var all: [BrokerEvent] { events.withLock { $0 } }

    /// Bodies received on a channel.
    public func bodies(on channel: String) -> [ByteBuffer] {
        all.compactMap { event in
            guard case .received(let message) = event, message.channel == channel else { return nil }
            return message.body
        }
    }

    /// The same as text.
    public func texts(on channel: String) -> [String] { bodies(on: channel).map { String(buffer: $0) } }

    /// How it stood over time: `connected` and `lost`.
    public var states: [Bool] {
        all.compactMap { event in
            switch event {
            case .connected: true
            case .lost: false
            case .subscribed, .received: nil
            }
        }
    }

    /// How often a channel was confirmed.
    public func confirmations(of channel: String) -> Int {
        all.count { if case .subscribed(let names) = $0 { names.contains(channel) } else { false } }
    }

    /// Subscribes and waits for the confirmation.
    public func subscribe(_ channel: String) async throws {
        let before = confirmations(of: channel)
        broker.subscribe([channel])
        try await until("\(channel) stands") { confirmations(of: channel) > before }
    }

    /// Waits until it is connected.
    public func connected() async throws {
        try await until("it is connected") { states.last == true }
    }

    /// Publishes texts in one go and waits for the outcome.
    public func publish(_ texts: [String], to channel: String) async -> Bool {
        await publish(texts.map { BrokerMessage(channel: channel, body: ByteBuffer(string: $0)) })
    }

    /// Publishes and waits for the outcome.
    public func publish(_ messages: [BrokerMessage]) async -> Bool {
        await withCheckedContinuation { continuation in
            broker.publish(messages) { continuation.resume(returning: $0) }
        }
    }
}
