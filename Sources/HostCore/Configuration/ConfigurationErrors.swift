import PluginAPI

/// Everything that is wrong with a configuration, found in one go.
public struct ConfigurationErrors: Error, Sendable, Hashable, CustomStringConvertible {
    /// The problems: those of the file in its order, then those of the environment.
    public let errors: [SettingsError]

    /// Collects problems, each once.
    public init(_ errors: [SettingsError]) {
        var seen: Set<SettingsError> = []
        let unique = errors.filter { seen.insert($0).inserted }
        let inFile = unique.filter { $0.mark != nil }.enumerated().sorted { left, right in
            Self.order(left.element, left.offset) < Self.order(right.element, right.offset)
        }
        self.errors = inFile.map(\.element) + unique.filter { $0.mark == nil }
    }

    /// One problem per line.
    public var description: String {
        errors.map(\.description).joined(separator: "\n")
    }

    private static func order(_ error: SettingsError, _ offset: Int) -> (Int, Int, Int) {
        (error.mark?.line ?? 0, error.mark?.column ?? 0, offset)
    }
}
