import PluginAPI

/// How many rows a page may have at most.
struct PageLimit: Sendable, Equatable {
    var most: Int

    /// Catching up by number (`http.md` 6.4).
    static let sync = PageLimit(most: 200)

    /// Listing by time: 200 for a device (`http.md` 6.3), 1,000 for an agent.
    static func list(in scope: ConversationScope) -> PageLimit {
        switch scope {
        case .device: PageLimit(most: 200)
        case .app: PageLimit(most: 1000)
        }
    }

    /// The nearest number of rows that is allowed, at least 1.
    func clamping(_ limit: Int) -> Int { min(max(limit, 1), most) }
}
