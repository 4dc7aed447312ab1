import PluginAPI

extension Assembly {
    /// Several nodes without a way between them would lose events silently, and with stores of their own they would not
    /// know of each other's messages.
    ///
    /// - Throws: ``TopologyError``.
    func checkTopology() throws(TopologyError) {
        let topology = configuration.host.topology
        guard topology != .single else { return try checkThatSingleIsMeant() }
        guard let provider = services.capabilities.owner(of: Capability<any Bus>.bus.name) else {
            throw TopologyError(
                description: "topology is \"\(topology.rawValue)\", but no running plugin provides the bus between "
                    + "nodes; enable one, or set topology to \"single\"")
        }
        guard provider.lowercased() == topology.rawValue else {
            throw TopologyError(
                description: "topology is \"\(topology.rawValue)\", but the bus between nodes is that of plugin "
                    + "\(provider); state the one that carries the events")
        }
        guard let store = services.capabilities.value(of: .store), !store.isShared else { return }
        throw TopologyError(
            description:
                "topology is \"\(topology.rawValue)\", but the store of plugin \(storeOwner) belongs to one process "
                + "alone; several nodes need one that they share, such as Postgres")
    }

    /// In production a store that several processes could share, with no bus between them, must not come about by
    /// leaving the topology out.
    private func checkThatSingleIsMeant() throws(TopologyError) {
        guard configuration.host.environment == .production, !configuration.host.statesTopology,
            services.capabilities.owner(of: Capability<any Bus>.bus.name) == nil,
            services.capabilities.value(of: .store)?.isShared == true
        else { return }
        throw TopologyError(
            description:
                "topology is not stated, and several processes could share the store of plugin \(storeOwner): without "
                + "a bus between them they would lose events; set topology (or REPLYHQ_TOPOLOGY) to \"single\" if there "
                + "is one process, else to what carries events between them")
    }

    private var storeOwner: String { services.capabilities.owner(of: Capability<any Store>.store.name) ?? "?" }
}

/// What was stated of the nodes is not so.
struct TopologyError: Error, CustomStringConvertible {
    let description: String
}
