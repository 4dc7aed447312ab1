/// Numbers that spread nodes apart; nobody must be unable to guess them.
struct Jitter {
    private var state = UInt64.random(in: 1 ... .max)

    /// 0..<1.
    mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) / Double(1 << 53)
    }
}
