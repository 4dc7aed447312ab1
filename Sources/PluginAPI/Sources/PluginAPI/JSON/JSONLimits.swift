/// What a JSON text may cost before it is refused.
public struct JSONLimits: Sendable, Hashable {
    /// The deepest nesting any setting can allow; it keeps the parser's recursion within every thread's stack.
    public static let deepest = 512

    /// How many arrays and objects may lie inside one another, 0 ... ``deepest``.
    public let maxDepth: Int

    /// How many values (containers and leaves, keys not counted) a text may hold.
    public let maxNodes: Int

    /// Makes limits; a depth outside 0 ... ``deepest`` is brought into that range.
    public init(maxDepth: Int = 64, maxNodes: Int = 100_000) {
        self.maxDepth = min(max(maxDepth, 0), Self.deepest)
        self.maxNodes = max(maxNodes, 0)
    }
}
