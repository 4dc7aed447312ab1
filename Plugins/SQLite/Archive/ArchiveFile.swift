/// The file that a URL such as `sqlite:replyhq.db` or `sqlite:///var/lib/replyhq.db` names.
enum ArchiveFile {
    static let schemes = ["sqlite", "sqlite3", "file"]

    /// Nil when there is no path.
    static func path(of url: String) -> String? {
        guard let colon = url.firstIndex(of: ":"), schemes.contains(url[..<colon].lowercased()) else { return nil }
        var path = url[url.index(after: colon)...]
        if path.hasPrefix("//") { path = path.dropFirst(2) }
        if let query = path.firstIndex(of: "?") { path = path[..<query] }
        return path.isEmpty ? nil : String(path)
    }
}
