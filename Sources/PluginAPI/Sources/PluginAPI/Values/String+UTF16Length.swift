extension StringProtocol {
    /// The number of UTF-16 code units, which is what every length limit of the contract counts.
    @inlinable
    public var utf16Length: Int {
        utf8.withContiguousStorageIfAvailable { utf16LengthOfUTF8($0) } ?? utf16.count
    }
}

/// Counted from the UTF-8 bytes: every character begins with one byte that is no continuation, and those of four bytes
/// need two units.
@usableFromInline
func utf16LengthOfUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var length = bytes.count
    // Without branches or checks of overflow, so that many bytes are counted at once; it stays below twice the count.
    for byte in bytes { length &+= (byte >= 0xF0 ? 1 : 0) &- (byte & 0xC0 == 0x80 ? 1 : 0) }
    return length
}
