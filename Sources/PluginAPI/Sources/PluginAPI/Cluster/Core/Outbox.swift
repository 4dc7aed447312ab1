/// The records of one tick by channel, joined into as few messages as their size allows.
struct Outbox: Sendable {
    private var channels: [String] = []
    private var bodies: [String: ByteBuffer] = [:]
    private var full: [BrokerMessage] = []

    var isEmpty: Bool { channels.isEmpty && full.isEmpty }

    /// Adds a record to a channel.
    mutating func add(_ record: ByteBuffer, to channel: String, from node: NodeID) {
        if let body = bodies[channel], body.readableBytes + record.readableBytes > ClusterEnvelope.size {
            full.append(BrokerMessage(channel: channel, body: body))
            bodies[channel] = ClusterEnvelope.header(of: node)
        } else if bodies[channel] == nil {
            channels.append(channel)
            bodies[channel] = ClusterEnvelope.header(of: node)
        }
        bodies[channel]?.writeImmutableBuffer(record)
    }

    /// Takes everything; the order within a channel is kept.
    mutating func take() -> [BrokerMessage] {
        let last = channels.compactMap { channel in bodies[channel].map { BrokerMessage(channel: channel, body: $0) } }
        let all = full + last
        self = Outbox()
        return all
    }
}
