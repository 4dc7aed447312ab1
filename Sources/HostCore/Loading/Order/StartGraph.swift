import PluginAPI

/// Plugins as nodes, needs as edges; nodes are indices into the entries, in the order of the configuration.
struct StartGraph {
    private let entries: [StartEntry]
    /// For each node, the nodes that must start before it, with the capability, in the order of its `requires`.
    private let required: [[(node: Int, capability: CapabilityName)]]
    /// The same for `wants`.
    private let wanted: [[Int]]

    init(_ entries: [StartEntry], providers: [CapabilityName: String]) {
        let nodes = Dictionary(entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        let provider = { (capability: CapabilityName) in providers[capability].flatMap { nodes[$0] } }
        self.entries = entries
        required = entries.map { $0.requires.compactMap { name in provider(name).map { ($0, name) } } }
        wanted = entries.map { ($0.wants + $0.follows).compactMap(provider) }
    }

    /// For each plugin, the plugins that it requires something of.
    var requirements: [String: Set<String>] {
        var requirements: [String: Set<String>] = [:]
        for (entry, edges) in zip(entries, required) {
            requirements[entry.name] = Set(edges.map { entries[$0.node].name })
        }
        return requirements
    }

    /// The first ring of requirements, or nil when there is none.
    func cycle() -> [StartOrderProblem.Link]? {
        var isDone = [Bool](repeating: false, count: entries.count)
        for start in entries.indices where !isDone[start] {
            // A path with the next edge to try at each node, instead of recursion.
            var path: [(node: Int, edge: Int)] = [(start, 0)]
            while let (node, edge) = path.last {
                guard edge < required[node].count else {
                    isDone[node] = true
                    path.removeLast()
                    continue
                }
                path[path.count - 1].edge += 1
                let next = required[node][edge].node
                if let begin = path.firstIndex(where: { $0.node == next }) {
                    return path[begin...].map {
                        .init(entry: entries[$0.node], capability: required[$0.node][$0.edge - 1].capability)
                    }
                }
                if !isDone[next] { path.append((next, 0)) }
            }
        }
        return nil
    }

    /// The nodes, each behind what it requires; a want gives way where it would close a ring.
    ///
    /// Precondition of sense, not of safety: there is no ring of requirements. Nodes on one would be left out.
    func ordered() -> [Int] {
        var before = required.map { Set($0.map(\.node)) }
        for (node, wishes) in wanted.enumerated() {
            for wish in wishes where !Self.reaches(node, from: wish, before) { before[node].insert(wish) }
        }
        var order: [Int] = []
        var isPlaced = [Bool](repeating: false, count: entries.count)
        while let next = entries.indices.first(where: { node in
            !isPlaced[node] && before[node].allSatisfy { isPlaced[$0] }
        }) {
            isPlaced[next] = true
            order.append(next)
        }
        return order
    }

    /// Whether `from` already stands, directly or through others, behind `node`.
    private static func reaches(_ node: Int, from: Int, _ before: [Set<Int>]) -> Bool {
        var open = [from]
        var seen: Set<Int> = [from]
        while let current = open.popLast() {
            if current == node { return true }
            for next in before[current] where seen.insert(next).inserted { open.append(next) }
        }
        return false
    }
}
