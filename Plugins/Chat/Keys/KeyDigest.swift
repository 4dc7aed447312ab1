import PluginAPI

/// What a checked key is remembered under: SHA-256 over the app, a zero byte and the key. No key lies in memory.
struct KeyDigest: Hashable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64)

    /// Nil for an app id that holds a zero byte: where the key begins would be ambiguous, and there is no such app.
    init?(app: AppID, key: String) {
        let (app, key) = (app.rawValue.utf8, key.utf8)
        var text: [UInt8] = []
        text.reserveCapacity(app.count + 1 + key.count)
        text.append(contentsOf: app)
        guard !text.contains(0) else { return nil }
        text.append(0)
        text.append(contentsOf: key)
        words = Digest.sha256(text).withUnsafeBytes { bytes in
            func word(_ index: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
            return (word(0), word(1), word(2), word(3))
        }
    }

    static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    /// A digest is random already: one word of it serves.
    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
