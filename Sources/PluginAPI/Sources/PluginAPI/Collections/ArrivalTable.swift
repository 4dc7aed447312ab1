/// A dictionary that remembers the order in which its keys arrived.
///
/// Every operation takes constant time. With one time limit for all entries the first is always the next to expire,
/// and with one bound on their number it is the one to give up.
public struct ArrivalTable<Key: Hashable, Value> {
    fileprivate struct Node {
        var key: Key
        var value: Value
        var previous: Int?
        var next: Int?
    }

    private var indices: [Key: Int] = [:]
    private var nodes: [Node?] = []
    private var free: [Int] = []
    private var head: Int?
    private var tail: Int?

    /// Makes an empty table.
    public init() {}

    /// The number of entries.
    public var count: Int { indices.count }

    /// Whether there are none.
    public var isEmpty: Bool { indices.isEmpty }

    /// The entry that arrived first.
    public var first: (key: Key, value: Value)? {
        head.flatMap { nodes[$0] }.map { ($0.key, $0.value) }
    }

    /// The values in the order of their arrival.
    public var values: [Value] {
        var values: [Value] = []
        values.reserveCapacity(count)
        var index = head
        while let current = index, let node = nodes[current] {
            values.append(node.value)
            index = node.next
        }
        return values
    }

    /// The value of a key; asking does not change the order.
    public subscript(key: Key) -> Value? {
        indices[key].flatMap { nodes[$0]?.value }
    }

    /// Puts an entry last, in place of the one the key had.
    public mutating func append(_ value: Value, for key: Key) {
        removeValue(for: key)
        let index = take(Node(key: key, value: value, previous: tail, next: nil))
        if let tail { nodes[tail]?.next = index } else { head = index }
        tail = index
        indices[key] = index
    }

    /// Takes an entry out.
    @discardableResult
    public mutating func removeValue(for key: Key) -> Value? {
        guard let index = indices.removeValue(forKey: key), let node = nodes[index] else { return nil }
        if let previous = node.previous { nodes[previous]?.next = node.next } else { head = node.next }
        if let next = node.next { nodes[next]?.previous = node.previous } else { tail = node.previous }
        nodes[index] = nil
        free.append(index)
        return node.value
    }

    /// Takes out the entry that arrived first.
    @discardableResult
    public mutating func removeFirst() -> (key: Key, value: Value)? {
        guard let first else { return nil }
        removeValue(for: first.key)
        return first
    }

    /// Takes out all entries that meet a condition; takes time for every entry.
    public mutating func removeAll(where condition: (Key, Value) -> Bool) {
        for case let node? in nodes where condition(node.key, node.value) { removeValue(for: node.key) }
    }

    private mutating func take(_ node: Node) -> Int {
        guard let index = free.popLast() else {
            nodes.append(node)
            return nodes.count - 1
        }
        nodes[index] = node
        return index
    }
}

extension ArrivalTable: Sendable where Key: Sendable, Value: Sendable {}
extension ArrivalTable.Node: Sendable where Key: Sendable, Value: Sendable {}
