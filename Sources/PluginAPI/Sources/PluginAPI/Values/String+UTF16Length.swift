extension StringProtocol {
    /// The number of UTF-16 code units, which is what every length limit of the contract counts.
    ///
    /// Counted from the UTF-8 bytes: every character begins with one byte that is no continuation, and those of four
    /// bytes need two units.
    public var utf16Length: Int {
        utf8.withContiguousStorageIfAvailable { bytes in
            bytes.reduce(into: 0) { length, byte in
                length += (byte & 0xC0 == 0x80 ? 0 : 1) + (byte >= 0xF0 ? 1 : 0)
            }
        } ?? utf16.count
    }
}
