import PluginAPI

/// The target of a request (RFC 9112 section 3.2).
enum RequestTarget {
    /// Path and query in the one form that routes match; `nil` for a target without a path, and for one whose bytes are
    /// not UTF-8: the decoders put U+FFFD for them, which would make one path of several.
    ///
    /// Slashes that follow each other are one, as the router sees them: what looks at paths besides must not differ.
    /// Escapes of unreserved characters are undone, as both spellings mean the same (RFC 3986 section 6.2.2.2). All
    /// others stay, so that an escaped slash never becomes a border between segments; who reads a segment decodes it.
    static func path(of target: String) -> String? {
        guard let path = origin(target) else { return nil }
        let look = Look(path)
        if look.isNotASCII, path.unicodeScalars.contains("\u{FFFD}") { return nil }
        guard look.needsWork else { return path }
        let end = path.firstIndex(of: "?") ?? path.endIndex
        return normalized(path[..<end]) + path[end...]
    }

    /// From the first slash on; the forms are `/path`, `http://host/path` and, for OPTIONS, `*`.
    private static func origin(_ target: String) -> String? {
        if target.utf8.first == UInt8(ascii: "/") { return target }
        if target == "*" { return "/" }
        guard let separator = target.firstRange(of: "://"), !target[..<separator.lowerBound].contains("/") else {
            return nil
        }
        let rest = target[separator.upperBound...]
        guard let slash = rest.firstIndex(where: { $0 == "/" || $0 == "?" }) else { return "/" }
        return rest[slash] == "/" ? String(rest[slash...]) : "/" + rest[slash...]
    }

    /// What there may be to do, seen in one walk over the bytes: one over `utf8` takes ten times as long, and each request
    /// comes by here.
    private struct Look {
        var needsWork = false
        var isNotASCII = false

        init(_ path: String) {
            let isSeen: Void? = path.utf8.withContiguousStorageIfAvailable { bytes in
                var last: UInt8 = 0
                for byte in bytes {
                    if byte == UInt8(ascii: "%") || (byte == UInt8(ascii: "/") && last == byte) { needsWork = true }
                    if byte >= 0x80 { isNotASCII = true }
                    last = byte
                }
            }
            if isSeen == nil { (needsWork, isNotASCII) = (true, true) }
        }
    }

    private static func normalized(_ path: Substring) -> String {
        let bytes = Array(path.utf8)
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var place = 0
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "%"), place + 2 < bytes.count,
                let code = Hex.decode(String(decoding: bytes[place + 1...place + 2], as: UTF8.self))?.first,
                isUnreserved(code)
            {
                output.append(code)
                place += 3
            } else {
                let isRepeated = bytes[place] == UInt8(ascii: "/") && output.last == UInt8(ascii: "/")
                if !isRepeated { output.append(bytes[place]) }
                place += 1
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
