import PluginAPI

/// A path that may not be served any more, and what takes its place.
public struct RetiredPath: Sendable, Hashable {
    /// What every such path begins with.
    static let form = "a path such as /v1/chat"

    /// Without a slash at its end.
    public let path: String
    /// What is to be used instead, a path or a URL.
    public let replacement: String

    init(_ settings: Settings) throws(SettingsError) {
        var path = try settings.string("path")
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        guard path.hasPrefix("/"), Self.isPlain(path) else {
            throw settings.error("path", "expected \(Self.form), got \"\(path)\"")
        }
        let replacement = try settings.string("replacement")
        guard Self.isPlain(replacement), !replacement.isEmpty else {
            throw settings.error("replacement", "expected a path or a URL, got \"\(replacement)\"")
        }
        self.path = path
        self.replacement = replacement
    }

    /// It goes into a header as it is.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>\"?#".utf8.contains($0) }
    }
}
