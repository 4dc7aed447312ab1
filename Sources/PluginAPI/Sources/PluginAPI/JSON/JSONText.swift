import Glibc

/// Byte facts that parser and writer share.
enum JSONText {
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")

    /// The place of the first byte, from `start` on, that cannot stand for itself inside a JSON string: a quote, a
    /// backslash or a control character. The end when there is none.
    ///
    /// Looks at eight bytes at a time: for each of the three kinds, subtracting borrows into the top bit of a byte
    /// exactly where the first such byte lies; bits above it may be wrong, which is why the lowest one is taken.
    static func firstSpecial(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        var position = start
        while position &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let quotes = word ^ (ones &* UInt64(quote))
            let backslashes = word ^ (ones &* UInt64(backslash))
            let controls = (word &- ones &* 0x20) & ~word
            let found = (controls | ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)) & tops
            if found != 0 { return position &+ found.trailingZeroBitCount / 8 }
            position &+= 8
        }
        while position < bytes.count {
            let byte = bytes[position]
            if byte < 0x20 || byte == quote || byte == backslash { return position }
            position &+= 1
        }
        return bytes.count
    }

    /// The bytes as a string, or nil when they are not UTF-8.
    ///
    /// Decoding replaces what is invalid, so the bytes were valid exactly if they come out unchanged. This is several
    /// times faster than `String(validating:as:)`, whose generic code looks up metadata for every string.
    static func string(_ bytes: UnsafeRawBufferPointer) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        let isUnchanged = text.utf8.withContiguousStorageIfAvailable { decoded in
            guard decoded.count == bytes.count else { return false }
            guard let old = bytes.baseAddress, let new = decoded.baseAddress else { return true }
            return memcmp(old, new, bytes.count) == 0
        }
        return isUnchanged ?? false ? text : nil
    }
}
