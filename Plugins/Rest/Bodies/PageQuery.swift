import PluginAPI

/// Which page of a conversation's messages is asked for (`http.md` 6.3, 6.4).
struct PageQuery {
    static let defaultLimit: Int64 = 50
    static let limits: ClosedRange<Int64> = 1...200

    let query: QueryParameters
    let limit: Int

    init(_ query: String?) throws(HTTPFailure) {
        self.query = try QueryParameters(query)
        let limit = try self.query.integer("limit") ?? Self.defaultLimit
        self.limit = Int(min(max(limit, Self.limits.lowerBound), Self.limits.upperBound))
    }

    /// Only messages created after this instant.
    var after: Timestamp? { query.instant("after") }

    /// Only messages numbered above this.
    func afterSequence() throws(HTTPFailure) -> Int64 {
        try query.integer("after_sequence") ?? 0
    }
}
