/// Finds what a mistyped name was probably meant to be.
public enum NearestName {
    /// The largest number of slips that still counts as a slip.
    private static let limit = 3
    /// Longer names are nobody's typing error, and the search costs the product of both lengths.
    private static let longest = 128

    /// The candidate that fewest single-character slips (insert, delete, replace, swap neighbours) lead to.
    ///
    /// - Returns: `nil` when nothing is within three slips, or when the slips would replace most of the name.
    public static func find(_ name: String, in candidates: some Sequence<String>) -> String? {
        let wanted = Array(name.lowercased().unicodeScalars)
        guard wanted.count <= longest else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let letters = Array(candidate.lowercased().unicodeScalars)
            guard letters.count <= longest, abs(letters.count - wanted.count) <= limit else { continue }
            let distance = distance(wanted, letters)
            guard distance <= limit, distance * 2 <= max(wanted.count, letters.count) else { continue }
            if distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// The sentence end `; did you mean "port"?`, or nothing.
    public static func hint(for name: String, in candidates: some Sequence<String>) -> String {
        find(name, in: candidates).map { "; did you mean \"\($0)\"?" } ?? ""
    }

    /// Optimal string alignment: Damerau-Levenshtein without editing a swapped pair again. Three rows suffice.
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for i in left.indices {
            var current = [i + 1]
            for j in right.indices {
                let replaced = previous[j] + (left[i] == right[j] ? 0 : 1)
                var cost = min(replaced, previous[j + 1] + 1, current[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    cost = min(cost, beforePrevious[j - 1] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
