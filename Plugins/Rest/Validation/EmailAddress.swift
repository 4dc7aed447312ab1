/// The contract's rule for e-mail addresses (`http.md` 5), narrower than RFC 5322 and the same for every client.
enum EmailAddress {
    static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let at = bytes.firstIndex(of: UInt8(ascii: "@")) else { return false }
        return !hasDoubleDot(bytes) && isLocalPart(bytes[..<at]) && isDomain(bytes[(at + 1)...])
    }

    private static func hasDoubleDot(_ bytes: [UInt8]) -> Bool {
        zip(bytes, bytes.dropFirst()).contains { $0 == UInt8(ascii: ".") && $1 == UInt8(ascii: ".") }
    }

    /// Letters, digits and `_ ' + - .`, not beginning with a dot and not ending with a dot or an apostrophe.
    private static func isLocalPart(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, let last = bytes.last, first != UInt8(ascii: ".") else { return false }
        return isLocalEnd(last)
            && bytes.allSatisfy { isLocalEnd($0) || $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: ".") }
    }

    private static func isLocalEnd(_ byte: UInt8) -> Bool {
        ASCII.isLetterOrDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "+")
            || byte == UInt8(ascii: "-")
    }

    /// Labels of letters, digits and hyphens, not beginning with a hyphen; the last of two letters or more.
    private static func isDomain(_ bytes: ArraySlice<UInt8>) -> Bool {
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count >= 2, let top = labels.last, top.count >= 2, top.allSatisfy(ASCII.isLetter) else {
            return false
        }
        return labels.dropLast().allSatisfy { label in
            guard let first = label.first, ASCII.isLetterOrDigit(first) else { return false }
            return label.allSatisfy { ASCII.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }
}
