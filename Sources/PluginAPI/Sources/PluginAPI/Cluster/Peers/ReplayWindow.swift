/// Which numbers of one sender have been seen: one record may come through several channels.
///
/// Remembers the newest 65,536 numbers; what is older counts as seen.
struct ReplayWindow: Sendable {
    private static let size: UInt64 = 65_536

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
            forget(number - highest, after: highest)
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

    /// Makes the numbers that follow new, so many of them: whole words where it can, since a jump may be wide.
    private mutating func forget(_ count: UInt64, after number: UInt64) {
        guard count < Self.size else {
            for index in bits.indices { bits[index] = 0 }
            return
        }
        var (next, left) = (number &+ 1, count)
        while left > 0 {
            let isWord = next % 64 == 0 && left >= 64
            bits[Int(next % Self.size / 64)] &= isWord ? 0 : ~(1 << (next % 64))
            next &+= isWord ? 64 : 1
            left -= isWord ? 64 : 1
        }
    }
}
