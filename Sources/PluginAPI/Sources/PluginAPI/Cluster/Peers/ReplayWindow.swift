/// Which numbers of one sender have been seen: one record may come through several channels.
///
/// Remembers the newest 2,048 numbers; what is older counts as seen.
struct ReplayWindow: Sendable {
    private static let size: UInt64 = 2048

    private var highest: UInt64?
    private var bits = [UInt64](repeating: 0, count: Int(size / 64))

    /// Notes a number. True: it had not been seen.
    mutating func admit(_ number: UInt64) -> Bool {
        guard let highest else {
            self.highest = number
            set(number)
            return true
        }
        if number > highest {
            let steps = min(number - highest, Self.size)
            for step in 0..<steps { clear(number - step) }
            self.highest = number
            set(number)
            return true
        }
        guard highest - number < Self.size, !isSet(number) else { return false }
        set(number)
        return true
    }

    private func isSet(_ number: UInt64) -> Bool {
        bits[Int(number % Self.size / 64)] & (1 << (number % 64)) != 0
    }

    private mutating func set(_ number: UInt64) {
        bits[Int(number % Self.size / 64)] |= 1 << (number % 64)
    }

    private mutating func clear(_ number: UInt64) {
        bits[Int(number % Self.size / 64)] &= ~(1 << (number % 64))
    }
}
