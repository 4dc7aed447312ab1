/// Which master of a Redis Cluster has which slot, as one of its nodes sees it.
struct SlotMap: Sendable, Equatable {
    private static let nobody = UInt16.max

    /// Masters that have slots, in no particular order.
    private(set) var masters: [RedisAddress] = []
    /// Their replicas, of whom the map can be asked, too.
    private(set) var replicas: [RedisAddress] = []
    /// Grows with every change of owners; a node with a smaller one has not heard yet.
    let epoch: Int64
    private var owners = [UInt16](repeating: nobody, count: KeySlot.count)

    /// Reads an answer to `CLUSTER SLOTS`: ranges with their nodes, the master first.
    ///
    /// - Parameters:
    ///   - asked: who answered; a node that does not know its own address leaves it out.
    ///   - epoch: the cluster's, as the node knows it.
    /// - Throws: ``RedisFailure`` when it is not one.
    init(_ answer: RESPValue, of asked: RedisAddress, epoch: Int64 = 0) throws(RedisFailure) {
        self.epoch = epoch
        guard let ranges = answer.items else { throw Self.senseless }
        var numbers: [RedisAddress: UInt16] = [:]
        for range in ranges {
            guard let parts = range.items, parts.count >= 3, let first = parts[0].integer, let last = parts[1].integer,
                first >= 0, first <= last, last < KeySlot.count
            else { throw Self.senseless }
            let nodes = parts[2...].map { Self.address($0, asked: asked) }
            replicas += nodes.dropFirst().compactMap { $0 }
            guard let master = nodes[0] else { continue }
            let number = numbers[master] ?? UInt16(masters.count)
            if numbers.updateValue(number, forKey: master) == nil { masters.append(master) }
            for slot in Int(first)...Int(last) { owners[slot] = number }
        }
        replicas = Array(Set(replicas))
    }

    /// Whether every slot has a master.
    var isComplete: Bool { !owners.contains(Self.nobody) }

    func owner(of slot: Int) -> RedisAddress? {
        let number = owners[slot]
        return number == Self.nobody ? nil : masters[Int(number)]
    }

    /// For each master a text whose slot it has, as few characters long as can be: what stands in braces in the name of a
    /// key or channel brings that there.
    func tags() -> [RedisAddress: String] {
        var found: [RedisAddress: String] = [:]
        // A master with a single slot is missed by fewer than one in a million.
        for number in 0..<(KeySlot.count * 16) where found.count < masters.count {
            let tag = String(number)
            guard let owner = owner(of: KeySlot.of(tag)), found[owner] == nil else { continue }
            found[owner] = tag
        }
        return found
    }

    private static func address(_ node: RESPValue, asked: RedisAddress) -> RedisAddress? {
        guard let parts = node.items, parts.count >= 2, let port = parts[1].integer, (1...65_535).contains(port) else {
            return nil
        }
        let host = parts[0].text ?? ""
        // A name that is to be used and is not known yet.
        if host == "?" { return nil }
        guard let host = host.isEmpty ? asked.host : host else { return nil }
        return .host(host, port: Int(port))
    }

    private static let senseless = RedisFailure.senseless("no map of slots")
}
