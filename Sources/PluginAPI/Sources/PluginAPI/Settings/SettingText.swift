/// What the text of a setting means. Every function answers `nil` for text that is not of its kind.
enum SettingText {
    static func integer(_ text: String) -> Int? {
        Int(text.replacing("_", with: ""))
    }

    static func number(_ text: String) -> Double? { Quantity.number(text) }

    static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }

    /// `100`, `16kB`, `1MB`, `2GiB`; units are powers of 1024 in either spelling, as in PostgreSQL.
    static func byteCount(_ text: String) -> Int? {
        let units: [String: Double] = [
            "": 1, "b": 1, "kb": 1024, "kib": 1024, "mb": 1_048_576, "mib": 1_048_576,
            "gb": 1_073_741_824, "gib": 1_073_741_824,
        ]
        var rest = text[...]
        guard let amount = Quantity(takenFrom: &rest), rest.isEmpty, let factor = units[amount.unit.lowercased()]
        else { return nil }
        let bytes = amount.number * factor
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
}
