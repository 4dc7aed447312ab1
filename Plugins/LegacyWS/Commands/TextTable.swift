/// Columns as wide as what is in them.
struct TextTable {
    private let rows: [[String]]
    private let numbers: ClosedRange<Int>

    /// - Parameter numbers: the columns that are flush right.
    init(_ head: [String], _ rows: [[String]], numbers: ClosedRange<Int>) {
        self.rows = [head] + rows
        self.numbers = numbers
    }

    /// Lines without spaces at their ends.
    var text: String {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            var line = ""
            for (column, text) in row.enumerated() {
                let space = String(repeating: " ", count: widths[column] - text.count)
                line += (column > 0 ? "  " : "") + (numbers.contains(column) ? space + text : text + space)
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
