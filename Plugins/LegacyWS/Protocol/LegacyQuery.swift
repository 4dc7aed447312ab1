import PluginAPI

/// The query of an upgrade as old clients write it: without percent-encoding, so that a value may hold any character
/// that a request line can. What is a sound escape is undone nevertheless, since other clients encode; a plus sign is
/// one. The first of several equal names counts.
struct LegacyQuery: Sendable {
    /// More parameters than this are not looked at.
    private static let limit = 32

    private var parameters: [(name: Substring, value: String)] = []

    init(_ query: some StringProtocol) {
        for pair in Substring(query).split(separator: "&").prefix(Self.limit) {
            let equals = pair.firstIndex(of: "=") ?? pair.endIndex
            let value = pair[equals...].dropFirst()
            parameters.append((pair[..<equals], PercentEncoding.decode(value) ?? String(value)))
        }
    }

    /// The value; nil when it is missing or empty.
    subscript(name: String) -> String? {
        parameters.first { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }
}
