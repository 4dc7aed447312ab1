import PluginAPI

/// Which node of a cluster each channel is subscribed to at. A value: changes return what is to be asked of whom.
struct ChannelPlaces {
    private struct Place {
        var slot: Int
        /// Nil: nowhere, since no node is known that has the slot.
        var node: RedisAddress?
    }

    /// What is to be asked of a node.
    struct Change: Equatable {
        var node: RedisAddress
        var subscribe: [String] = []
        var unsubscribe: [String] = []
    }

    private var places: [String: Place] = [:]
    private var homeless: Set<String> = []
    /// Channels that stood, or were to stand, and do not stand where they belong now.
    private var moving: Set<String> = []

    /// Whether nothing is missed: every channel stands, or is on its way for the first time.
    var isSettled: Bool { moving.isEmpty }

    mutating func subscribe(_ channels: [String], by map: SlotMap?) -> [Change] {
        var changes = Changes()
        for channel in channels where places[channel] == nil {
            let slot = KeySlot.of(channel)
            let node = map?.owner(of: slot)
            places[channel] = Place(slot: slot, node: node)
            if let node {
                changes[node].subscribe.append(channel)
            } else {
                homeless.insert(channel)
                moving.insert(channel)
            }
        }
        return changes.all
    }

    mutating func unsubscribe(_ channels: [String]) -> [Change] {
        var changes = Changes()
        for channel in channels {
            guard let place = places.removeValue(forKey: channel) else { continue }
            homeless.remove(channel)
            moving.remove(channel)
            if let node = place.node { changes[node].unsubscribe.append(channel) }
        }
        return changes.all
    }

    /// A node confirmed subscriptions. Returns those that count.
    mutating func standing(_ channels: [String], at node: RedisAddress) -> [String] {
        let standing = channels.filter { places[$0]?.node == node }
        moving.subtract(standing)
        return standing
    }

    func isWanted(_ channel: String) -> Bool { places[channel] != nil }

    /// A node says that these are not its channels. Returns whether that is news.
    mutating func misplaced(_ channels: [String], at node: RedisAddress) -> Bool {
        let lost = channels.filter { places[$0]?.node == node }
        for channel in lost { places[channel]?.node = nil }
        homeless.formUnion(lost)
        moving.formUnion(lost)
        return !lost.isEmpty
    }

    /// A map came.
    ///
    /// - Parameter isNew: whether it differs from the one before; if not, only what is nowhere is given a place.
    mutating func adopt(_ map: SlotMap, isNew: Bool) -> [Change] {
        var changes = Changes()
        for channel in isNew ? Array(places.keys) : Array(homeless) {
            guard let place = places[channel] else { continue }
            let node = map.owner(of: place.slot)
            guard node != place.node else { continue }
            if let old = place.node { changes[old].unsubscribe.append(channel) }
            places[channel]?.node = node
            moving.insert(channel)
            if let node {
                homeless.remove(channel)
                changes[node].subscribe.append(channel)
            } else {
                homeless.insert(channel)
            }
        }
        return changes.all
    }
}

/// Changes by node.
private struct Changes {
    private(set) var byNode: [RedisAddress: ChannelPlaces.Change] = [:]
    var all: [ChannelPlaces.Change] { Array(byNode.values) }

    subscript(node: RedisAddress) -> ChannelPlaces.Change {
        get { byNode[node] ?? ChannelPlaces.Change(node: node) }
        set { byNode[node] = newValue }
    }
}
