/// One thing that is wrong with a configuration, and where.
public struct SettingsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where the value was stated; for a missing one, where the group that lacks it was.
    public var origin: SettingsOrigin
    /// Which value, such as `plugins[1].settings.pool`; empty for the file as a whole.
    public var path: String
    /// What is wrong, without secrets.
    public var message: String

    /// Creates an error.
    public init(origin: SettingsOrigin, path: String, message: String) {
        self.origin = origin
        self.path = path
        self.message = message
    }

    /// The place in a file, if it is one.
    public var mark: SettingsMark? { origin.mark }

    /// `config/dev.yaml:12:13 plugins[1].settings.pool: expected integer, got "four"`.
    public var description: String {
        var place: [String] = []
        if origin != .default { place.append(origin.description) }
        if !path.isEmpty { place.append(path) }
        return place.isEmpty ? message : "\(place.joined(separator: " ")): \(message)"
    }
}
