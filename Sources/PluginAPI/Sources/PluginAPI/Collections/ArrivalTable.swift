/// A dictionary that remembers the order in which its keys arrived.
///
/// Every operation takes constant time. With one time limit for all entries the first is always the next to expire,
/// and with one bound on their number it is the one to give up.
///
/// Inlinable, so that it is compiled for the keys of whoever uses it: it stands in the path of every request.
@frozen
public struct ArrivalTable<Key: Hashable, Value> {
    @frozen
    @usableFromInline
    struct Node {
        @usableFromInline var key: Key
        @usableFromInline var value: Value
        @usableFromInline var previous: Int?
        @usableFromInline var next: Int?

        @inlinable
        init(key: Key, value: Value) {
            self.key = key
            self.value = value
        }
    }

    @usableFromInline var indices: [Key: Int] = [:]
    @usableFromInline var nodes: [Node?] = []
    @usableFromInline var free: [Int] = []
    @usableFromInline var head: Int?
    @usableFromInline var tail: Int?

    /// Makes an empty table.
    @inlinable
    public init() {}

    /// The number of entries.
    @inlinable
    public var count: Int { indices.count }

    /// Whether there are none.
    @inlinable
    public var isEmpty: Bool { indices.isEmpty }

    /// The entry that arrived first.
    @inlinable
    public var first: (key: Key, value: Value)? {
        head.flatMap { nodes[$0] }.map { ($0.key, $0.value) }
    }

    /// The values in the order of their arrival.
    @inlinable
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
    @inlinable
    public subscript(key: Key) -> Value? {
        indices[key].flatMap { nodes[$0]?.value }
    }

    /// Puts an entry last, in place of the one the key had.
    @inlinable
    public mutating func append(_ value: Value, for key: Key) {
        let index = take(Node(key: key, value: value))
        // Looking for the old one and noting the new one is one look at the key.
        if let old = indices.updateValue(index, forKey: key) { unlink(old) }
        nodes[index]?.previous = tail
        if let tail { nodes[tail]?.next = index } else { head = index }
        tail = index
    }

    /// Takes an entry out.
    @discardableResult
    @inlinable
    public mutating func removeValue(for key: Key) -> Value? {
        indices.removeValue(forKey: key).flatMap { unlink($0) }
    }

    /// Takes out the entry that arrived first.
    @discardableResult
    @inlinable
    public mutating func removeFirst() -> (key: Key, value: Value)? {
        guard let first else { return nil }
        removeValue(for: first.key)
        return first
    }

    /// Takes out all entries that meet a condition; takes time for every entry.
    @inlinable
    public mutating func removeAll(where condition: (Key, Value) -> Bool) {
        for case let node? in nodes where condition(node.key, node.value) { removeValue(for: node.key) }
    }

    @discardableResult
    @inlinable
    mutating func unlink(_ index: Int) -> Value? {
        guard let node = nodes[index] else { return nil }
        if let previous = node.previous { nodes[previous]?.next = node.next } else { head = node.next }
        if let next = node.next { nodes[next]?.previous = node.previous } else { tail = node.previous }
        nodes[index] = nil
        free.append(index)
        return node.value
    }

    @inlinable
    mutating func take(_ node: Node) -> Int {
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
