import PluginAPI

/// The query of an upgrade as old clients write it: without percent-encoding, so that a value may hold any character
/// that a request line can. What is a sound escape is undone nevertheless, since other clients encode; a plus sign is
/// one. The first of several equal names counts. A value whose escapes are no UTF-8, or stand for U+0000, is missing:
/// kept as it is it would be another device's.
struct LegacyQuery: Sendable {
    /// More parameters than this are not looked at.
    private static let limit = 32

    private var parameters: [(name: Substring, value: String)] = []

    init(_ query: some StringProtocol) {
        for pair in Substring(query).split(separator: "&").prefix(Self.limit) {
            let equals = pair.firstIndex(of: "=") ?? pair.endIndex
            let value = pair[equals...].dropFirst()
            do throws(PercentEncoding.Failure) {
                parameters.append((pair[..<equals], try PercentEncoding.decoded(value)))
            } catch {
                parameters.append((pair[..<equals], error == .brokenEscape ? String(value) : ""))
            }
        }
    }

    /// The value; nil when it is missing or empty.
    subscript(name: String) -> String? {
        parameters.first { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }
}
