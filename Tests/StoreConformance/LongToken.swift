import PluginAPI

/// Push tokens as long as they may be, which no compression makes shorter: every character is one of 64 at random.
public enum LongToken {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-\\".utf8)

    /// The same for the same seed.
    public static func make(_ seed: UInt64, length: Int = TextBounds.pushTokenBytes.upperBound) -> String {
        var state = seed
        let bytes = (0..<length).map { _ in
            // Knuth's MMIX: its upper bits are as good as random.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return alphabet[Int(state >> 58)]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
