import PluginAPI

/// From this node to the old servers: what it publishes itself, once. What reached it from other nodes was published there.
final class Outbound: Sendable {
    private let settings: BridgeSettings
    private let broadcasts: any SocketIOBroadcasting
    private let channels: any OpenChannels
    private let complaints: Complaints
    private let meters: BridgeMeters

    init(
        settings: BridgeSettings, broadcasts: any SocketIOBroadcasting, channels: any OpenChannels,
        complaints: Complaints, meters: BridgeMeters
    ) {
        self.settings = settings
        self.broadcasts = broadcasts
        self.channels = channels
        self.complaints = complaints
        self.meters = meters
    }

    func published(_ publication: ClusterPublication) {
        let messages = broadcasts.broadcasts(of: publication).compactMap(message)
        guard !messages.isEmpty else { return }
        channels.publish(messages) { [meters, complaints] isTaken in
            meters.sent(messages.count, isTaken: isTaken)
            if !isTaken {
                complaints.warn("Old servers may have missed events; their clients find messages when they sync", [:])
            }
        }
    }

    private func message(_ broadcast: SocketIOBroadcast) -> BrokerMessage? {
        guard let channel = settings.channels.first(where: { $0.namespace == broadcast.namespace }) else { return nil }
        let body = AdapterMessage(publisher: InboundRules.publisher, broadcast: broadcast).encoded
        guard body.readableBytes <= settings.longest else {
            complaints.warn(
                "An event is too long for old servers",
                ["event": "\(broadcast.event)", "bytes": "\(body.readableBytes)"])
            return nil
        }
        return BrokerMessage(channel: channel.name(for: broadcast.rooms), body: body)
    }
}
