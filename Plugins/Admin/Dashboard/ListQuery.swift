import PluginAPI

/// Which page of a dashboard's list is asked for.
///
/// The first clients know no pages, so that a page holds as many rows as the store reads at once, less the one that
/// tells whether there are more.
struct ListQuery {
    static let maxLimit = 999

    let cursor: PageCursor?
    let limit: Int

    /// Throws ``HTTPFailure`` 400 `INVALID_CURSOR`, `VALIDATION_ERROR`.
    init(_ query: String?) throws(HTTPFailure) {
        let query = try QueryParameters(query)
        let limit = try query.integer("limit") ?? Int64(Self.maxLimit)
        self.limit = Int(min(max(limit, 1), Int64(Self.maxLimit)))
        guard let text = query["cursor"], !text.isEmpty else {
            cursor = nil
            return
        }
        guard let cursor = PageCursor(text: text) else {
            throw HTTPFailure(.badRequest, "INVALID_CURSOR", "Invalid cursor")
        }
        self.cursor = cursor
    }

    /// The page of rows that were read with one row more than asked, and where the next one starts.
    func page<Row>(of rows: [Row], cursor: (Row) -> PageCursor) -> (rows: [Row], next: PageCursor?) {
        guard rows.count > limit else { return (rows, nil) }
        let page = Array(rows.prefix(limit))
        return (page, page.last.map(cursor))
    }
}

extension PageCursor {
    /// Opaque to clients: the instant and the id.
    var text: String { Base64URL.encode("\(at.milliseconds):\(id)".utf8) }

    init?(text: String) {
        guard let bytes = Base64URL.decode(text), let plain = String(validating: bytes, as: UTF8.self),
            let colon = plain.firstIndex(of: ":"), let milliseconds = Int64(plain[..<colon])
        else { return nil }
        self.init(at: Timestamp(milliseconds: milliseconds), id: String(plain[plain.index(after: colon)...]))
    }
}
