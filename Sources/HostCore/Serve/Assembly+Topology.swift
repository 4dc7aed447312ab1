import PluginAPI

extension Assembly {
    /// Several nodes without a way between them would lose events silently, and with stores of their own they would not
    /// know of each other's messages.
    ///
    /// - Throws: ``TopologyError``.
    func checkTopology() throws(TopologyError) {
        let topology = configuration.host.topology
        guard topology != .single else { return }
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
        let owner = services.capabilities.owner(of: Capability<any Store>.store.name) ?? "?"
        throw TopologyError(
            description:
                "topology is \"\(topology.rawValue)\", but the store of plugin \(owner) belongs to one process "
                + "alone; several nodes need one that they share, such as Postgres")
    }
}

/// What was stated of the nodes is not so.
struct TopologyError: Error, CustomStringConvertible {
    let description: String
}
