/// A decimal number and the letters after it, such as `16kB` or `1.5 s`.
struct Quantity {
    var number: Double
    var unit: String

    /// Takes one off the front of a text; spaces between the number and its unit are allowed. Fails if none is there.
    init?(takenFrom rest: inout Substring) {
        let digits = rest.prefix { $0 == "." || $0.isASCIIDigit }
        guard let number = Self.number(digits) else { return nil }
        rest = rest.dropFirst(digits.count)
        let blank = rest.prefix { $0 == " " }
        let unit = rest.dropFirst(blank.count).prefix { $0.isLetter }
        rest = rest.dropFirst(blank.count + unit.count)
        self.number = number
        self.unit = String(unit)
    }

    /// A finite decimal number; no exponents, which nobody writes on purpose in a configuration.
    static func number(_ text: some StringProtocol) -> Double? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.allSatisfy({ $0 == "." || $0.isASCIIDigit }) else { return nil }
        return Double(text)
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
