/// What the text of a setting means. Every function answers `nil` for text that is not of its kind.
enum SettingText {
    static func integer(_ text: String) -> Int? {
        Int(text.replacing("_", with: ""))
    }

    /// A finite decimal number; no exponents, which nobody writes on purpose in a configuration.
    static func number(_ text: String) -> Double? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.allSatisfy({ $0 == "." || ("0"..."9").contains($0) }) else { return nil }
        return Double(text)
    }

    static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }

    /// `30` (seconds), `1.5s`, `250ms`, `1m30s`, `2h`, `7d`.
    static func duration(_ text: String) -> Duration? {
        let units: [String: Double] = ["": 1000, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        var milliseconds = 0.0
        var rest = text[...]
        guard !rest.isEmpty else { return nil }
        repeat {
            guard let (amount, unit) = quantity(&rest), let factor = units[unit] else { return nil }
            // A bare number counts seconds only when it stands alone: "1m30" is more likely a slip than 90 seconds.
            if unit.isEmpty && !text.elementsEqual(text.prefix { $0 == "." || $0.isASCIIDigit }) { return nil }
            milliseconds += amount * factor
        } while !rest.isEmpty
        // 2^53: beyond it a Double no longer counts every millisecond.
        guard milliseconds < 9_007_199_254_740_992 else { return nil }
        return .milliseconds(Int64(milliseconds.rounded()))
    }

    /// `100`, `16kB`, `1MB`, `2GiB`; units are powers of 1024 in either spelling, as in PostgreSQL.
    static func byteCount(_ text: String) -> Int? {
        let units: [String: Double] = [
            "": 1, "b": 1, "kb": 1024, "kib": 1024, "mb": 1_048_576, "mib": 1_048_576,
            "gb": 1_073_741_824, "gib": 1_073_741_824,
        ]
        var rest = text[...]
        guard let (amount, unit) = quantity(&rest), rest.isEmpty, let factor = units[unit.lowercased()] else {
            return nil
        }
        let bytes = amount * factor
        guard bytes < 9_007_199_254_740_992 else { return nil }
        return Int(bytes)
    }

    /// A comma list; blanks around items and empty items are dropped.
    static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { trimmed($0) }.filter { !$0.isEmpty }
    }

    static func trimmed(_ text: some StringProtocol) -> String {
        let start = text.drop { $0.isWhitespace }
        let end = start.reversed().drop { $0.isWhitespace }
        return String(end.reversed())
    }

    /// Takes one number and the letters after it off the front.
    private static func quantity(_ rest: inout Substring) -> (Double, String)? {
        let digits = rest.prefix { $0 == "." || $0.isASCIIDigit }
        guard let amount = number(String(digits)) else { return nil }
        rest = rest.dropFirst(digits.count)
        let blank = rest.prefix { $0 == " " }
        let unit = rest.dropFirst(blank.count).prefix { $0.isLetter }
        rest = rest.dropFirst(blank.count + unit.count)
        return (amount, String(unit))
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
