extension UInt8 {
    /// Whether this is one of the characters 0 to 9.
    var isASCIIDigit: Bool {
        self &- UInt8(ascii: "0") < 10
    }
}
