import PluginAPI

/// What a write belongs to: writes of equal keys share one connection and keep their order.
///
/// It is also the order of the writes within a batch. A batch holds its row locks until it is committed, and as every
/// node sorts alike (the hash, FNV-1a, depends on the text alone) two batches lock the same rows in the same order
/// and cannot wait for each other.
struct LaneKey: Sendable, Hashable, Comparable {
    let hash: UInt64

    init(conversation: ConversationID) {
        self.init(conversation.rawValue)
    }

    init(_ text: String) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01B3 }
        self.hash = hash
    }

    /// Which of so many connections it goes to. The upper half decides: the lower bits of the hash are its weaker ones.
    func connection(of count: Int) -> Int { Int((hash >> 32) % UInt64(max(count, 1))) }

    static func < (left: LaneKey, right: LaneKey) -> Bool { left.hash < right.hash }
}
