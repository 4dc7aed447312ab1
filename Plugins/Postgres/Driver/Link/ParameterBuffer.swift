import Glibc
import PluginAPI

/// The texts of one statement's parameters, in memory that is used again for the next.
final class ParameterBuffer {
    private var bytes: UnsafeMutablePointer<CChar>
    private var capacity: Int
    private var used = 0
    /// Where each text begins; -1 for NULL.
    private var offsets: [Int] = []
    private var pointers: [UnsafePointer<CChar>?] = []

    /// Larger memory is given back after use: one long message must not be paid for ever.
    private static let keptCapacity = 1 << 18
    /// 0001-01-01 and 9999-12-31, in milliseconds: outside of them ISO text of four digits is no date to the server.
    private static let writable: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999

    init() {
        capacity = 1 << 14
        bytes = .allocate(capacity: capacity)
    }

    deinit { bytes.deallocate() }

    /// Lends the parameters as libpq takes them: NUL-terminated texts, valid during the call.
    func withTexts<Value>(
        of values: [SQLValue],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, CInt) -> Value
    ) -> Value {
        used = 0
        offsets.removeAll(keepingCapacity: true)
        for value in values { append(value) }
        pointers.removeAll(keepingCapacity: true)
        for offset in offsets { pointers.append(offset < 0 ? nil : UnsafePointer(bytes + offset)) }
        defer { if capacity > Self.keptCapacity { grow(to: Self.keptCapacity, keeping: 0) } }
        return pointers.withUnsafeBufferPointer { body($0.baseAddress, CInt(truncatingIfNeeded: $0.count)) }
    }

    private func append(_ value: SQLValue) {
        if case .null = value { return offsets.append(-1) }
        offsets.append(used)
        switch value {
        case .null: break
        case .integer(let number): append(number)
        case .text(let text): append(text)
        case .boolean(let isTrue): append(UInt8(ascii: isTrue ? "t" : "f"))
        case .texts(let texts): append(texts)
        case .timestamp(let time):
            let instant = min(max(time.milliseconds, Self.writable.lowerBound), Self.writable.upperBound)
            append(Timestamp(milliseconds: instant).iso8601)
        }
        append(UInt8(0))
    }

    private func append(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            guard let start = utf8.baseAddress, !utf8.isEmpty else { return }
            reserve(utf8.count)
            memcpy(bytes + used, start, utf8.count)
            used += utf8.count
        }
    }

    /// An array literal (PostgreSQL documentation, 8.15.2), every element in quotes.
    private func append(_ texts: [String]) {
        append(UInt8(ascii: "{"))
        for (position, text) in texts.enumerated() {
            if position > 0 { append(UInt8(ascii: ",")) }
            append(UInt8(ascii: "\""))
            for byte in text.utf8 {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { append(UInt8(ascii: "\\")) }
                append(byte)
            }
            append(UInt8(ascii: "\""))
        }
        append(UInt8(ascii: "}"))
    }

    private func append(_ number: Int64) {
        let start = used
        var rest = number.magnitude
        repeat {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        if number < 0 { append(UInt8(ascii: "-")) }
        var digits = UnsafeMutableBufferPointer(start: bytes + start, count: used - start)
        digits.reverse()
    }

    private func append(_ byte: UInt8) {
        reserve(1)
        bytes[used] = CChar(bitPattern: byte)
        used += 1
    }

    private func reserve(_ count: Int) {
        if capacity - used < count { grow(to: max(capacity * 2, used + count), keeping: used) }
    }

    private func grow(to size: Int, keeping kept: Int) {
        let larger = UnsafeMutablePointer<CChar>.allocate(capacity: size)
        memcpy(larger, bytes, kept)
        bytes.deallocate()
        bytes = larger
        capacity = size
    }
}
