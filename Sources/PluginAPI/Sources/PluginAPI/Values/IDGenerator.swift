import Synchronization

/// Makes the ids this product hands out. Each is opaque to clients; the formats only help people reading logs.
public enum IDGenerator {
    private static let tick = Mutex(MonotonicTick())

    /// `conv_` and 24 random hexadecimal digits (96 bits).
    public static func conversation() -> String { random(prefix: "conv_") }

    /// `vis_` and 24 random hexadecimal digits.
    public static func visitor() -> String { random(prefix: "vis_") }

    /// `conn_` and 24 random hexadecimal digits.
    public static func connection() -> String { random(prefix: "conn_") }

    /// `req_` and 24 random hexadecimal digits.
    public static func requestID() -> String { random(prefix: "req_") }

    /// `msg_` and 24 hexadecimal digits: 12 of milliseconds, 3 of a counter, 9 random. Within one process ids sort by
    /// creation, which keeps index pages of the store together.
    public static func message() -> String {
        let tick = nextTick()
        let random = SecureRandom().next()
        return text(prefix: "msg_", high: tick << 4 | random & 0xF, low: UInt32(truncatingIfNeeded: random >> 32))
    }

    /// A random UUID (RFC 9562 section 5.4), lower case.
    public static func uuidV4() -> String {
        let random = SecureRandom()
        return uuid(high: random.next() & ~0xF000 | 0x4000, low: random.next())
    }

    /// A UUID that sorts by creation within one process (RFC 9562 section 5.7, with the counter of section 6.2 method
    /// 1), lower case.
    public static func uuidV7() -> String {
        let tick = nextTick()
        let high = (tick >> 12) << 16 | 0x7000 | tick & 0xFFF
        return uuid(high: high, low: SecureRandom().next())
    }

    /// 20 random characters of `A-Z a-z 0-9 - _` (120 bits), for Engine.IO and Socket.IO session ids.
    public static func socketID() -> String {
        let random = SecureRandom()
        let (high, low) = (random.next(), random.next())
        return String(unsafeUninitializedCapacity: 20) { output in
            for place in 0..<20 {
                let bits = (place < 10 ? high : low) >> UInt64(place % 10 * 6)
                output[place] = Base64Alphabet.url.character(of: UInt8(truncatingIfNeeded: bits) & 63)
            }
            return 20
        }
    }

    private static func nextTick() -> UInt64 {
        let now = Timestamp.now()
        return tick.withLock { $0.next(at: now) }
    }

    private static func random(prefix: StaticString) -> String {
        let random = SecureRandom()
        return text(prefix: prefix, high: random.next(), low: UInt32(truncatingIfNeeded: random.next()))
    }

    /// A prefix and 96 bits as 24 digits.
    private static func text(prefix: StaticString, high: UInt64, low: UInt32) -> String {
        let start = prefix.utf8CodeUnitCount
        return String(unsafeUninitializedCapacity: start + 24) { output in
            for place in 0..<start { output[place] = prefix.utf8Start[place] }
            for place in 0..<16 { output[start + place] = digit(place, of: high) }
            for place in 0..<8 { output[start + 16 + place] = digit(place + 8, of: UInt64(low)) }
            return start + 24
        }
    }

    /// 128 bits in the five groups of a UUID, with the variant of RFC 9562 section 4.1 put in.
    private static func uuid(high: UInt64, low: UInt64) -> String {
        let low = low & ~(0b11 << 62) | 0b10 << 62
        return String(unsafeUninitializedCapacity: 36) { output in
            var position = 0
            for place in 0..<32 {
                if place == 8 || place == 12 || place == 16 || place == 20 {
                    output[position] = UInt8(ascii: "-")
                    position += 1
                }
                output[position] = place < 16 ? digit(place, of: high) : digit(place - 16, of: low)
                position += 1
            }
            return position
        }
    }

    /// The digit at that place, counted from the most significant of sixteen.
    private static func digit(_ place: Int, of word: UInt64) -> UInt8 {
        Hex.digit(UInt8(truncatingIfNeeded: word >> UInt64(60 - place * 4)))
    }
}
