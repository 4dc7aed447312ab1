import PluginAPI

// The map of slots: when it is asked for, and what it changes.
extension ClusterServers {
    func look() {
        if plan.begin(now: eventLoop.now) {
            guide.map(from: informants, on: eventLoop, within: TimeAmount(options.connectTimeout))
                .whenComplete { [weak self] in self?.answered($0) }
        }
        guard let next = plan.nextQuestion else { return }
        timer.arm(at: next) { [weak self] in self?.look() }
    }

    /// Whom to ask: nodes that answer first, each time in another order.
    private var informants: [RedisAddress] {
        let (ready, others) = nodes.values.shuffled().reduce(into: ([RedisAddress](), [RedisAddress]())) { all, node in
            if node.isWell { all.0.append(node.address) } else { all.1.append(node.address) }
        }
        var known: Set<RedisAddress> = []
        return (ready.prefix(3) + (map?.replicas ?? []).shuffled().prefix(4) + seeds + others + ready.dropFirst(3))
            .filter { known.insert($0).inserted }
    }

    private func answered(_ result: Result<SlotMap, any Error>) {
        if plan.isClosed { return }
        switch result {
        case .success(let map) where isStale(map): plan.want(now: eventLoop.now)
        case .success(let map): adopt(map)
        case .failure(let error): evaluate(RedisFailure(describing: error))
        }
        plan.answered(
            isWell: told.takes && told.hears && told.probed.carries, now: eventLoop.now, jitter: .random(in: 0..<1))
        look()
    }

    /// Whether it is from a node that has not heard of a change. When all say so it is the cluster that was made anew.
    private func isStale(_ map: SlotMap) -> Bool {
        guard let known = self.map, map.epoch < known.epoch, staleCount < 4 else {
            staleCount = 0
            return false
        }
        staleCount += 1
        return true
    }

    /// From any of the ways in which a change shows itself.
    ///
    /// - Parameter address: a node that commands are sent on to, if it is not known.
    func want(_ address: RedisAddress? = nil) {
        if plan.isClosed { return }
        if let address, nodes[address] == nil, map != nil {
            add(address).guestUntil = eventLoop.now + Self.guestTime
            publishRoutes()
        }
        plan.want(now: eventLoop.now)
        look()
    }

    private func adopt(_ map: SlotMap) {
        let isNew = map != self.map
        self.map = map
        let masters = Set(map.masters)
        for address in map.masters where nodes[address] == nil { _ = add(address) }
        // Their channels get their places below.
        for (address, node) in nodes
        where !masters.contains(address) && (node.guestUntil ?? .distantPast) < eventLoop.now {
            nodes[address] = nil
            node.close()
        }
        publishRoutes()
        if isNew { tags = map.tags() }
        for (address, tag) in tags { nodes[address]?.place(tag: tag) }
        perform(channels.adopt(map, isNew: isNew))
        evaluate(map.isComplete ? nil : RedisFailure(.connection, "some slots have no master"))
    }

    private func add(_ address: RedisAddress) -> ClusterNode {
        let node = makeNode(address, self)
        nodes[address] = node
        node.start()
        return node
    }

    func publishRoutes() {
        router.change(nodes.mapValues(\.route), map)
    }
}
