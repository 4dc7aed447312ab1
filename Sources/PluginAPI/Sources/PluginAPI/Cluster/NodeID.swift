extension Identifier where Entity == Node {
    /// The name of one run of this process: drawn anew at each start, so that nothing is taken for what an earlier run
    /// left. 16 lower-case hexadecimal digits.
    public static func random() -> NodeID {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return NodeID(String(repeating: "0", count: 16 - digits.count) + digits)
    }
}
