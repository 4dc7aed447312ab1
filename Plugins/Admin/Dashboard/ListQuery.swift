import PluginAPI

/// Which page of a dashboard's list is asked for, and how it is answered.
///
/// The first clients know no pages and ask for everything: what they get is the first page.
struct ListQuery {
    static let defaultLimit: Int64 = 200
    static let maxLimit: Int64 = 500
    /// The most rows that stores give at once.
    static let mostRows = 1_000
    /// A page ends with the row that brings it to so many bytes of JSON.
    static let byteLimit = 1_048_576

    let cursor: PageCursor?
    let limit: Int
    private let query: QueryParameters?

    /// Throws ``HTTPFailure`` 400 `INVALID_CURSOR`, `VALIDATION_ERROR`.
    init(_ query: String?) throws(HTTPFailure) {
        let query = try QueryParameters(query)
        self.query = query
        let limit = try query.integer("limit")
        self.limit = Self.clamp(limit)
        guard let text = query["cursor"], !text.isEmpty else {
            cursor = nil
            return
        }
        guard let cursor = PageCursor(text: text) else {
            throw HTTPFailure(.badRequest, "INVALID_CURSOR", "Invalid cursor")
        }
        self.cursor = cursor
    }

    /// The query of a list that was answered whole before it had pages: without `cursor` and `limit` it still is, as far as
    /// stores and ``byteLimit`` allow. What cannot be used is ignored, as it was.
    init(lenient query: String?) {
        self.query = try? QueryParameters(query)
        cursor = self.query?["cursor"].flatMap(PageCursor.init(text:))
        let limit = self.query.flatMap { try? $0.integer("limit") }
        self.limit = limit == nil && cursor == nil ? Self.mostRows : Self.clamp(limit)
    }

    private static func clamp(_ limit: Int64?) -> Int { Int(min(max(limit ?? defaultLimit, 1), maxLimit)) }

    /// Of which status conversations are asked for; nil: of any.
    func status() throws(HTTPFailure) -> ConversationStatus? {
        guard let text = query?["status"], !text.isEmpty else { return nil }
        guard let status = ConversationStatus(rawValue: text) else { throw Self.invalidStatus }
        return status
    }

    /// People have no status: a filter by it is refused instead of ignored.
    func refuseStatus() throws(HTTPFailure) {
        if query?["status"] != nil { throw QueryParameters.failure("status is a filter of conversations only") }
    }

    static let invalidStatus = HTTPFailure(
        .badRequest, "INVALID_STATUS", "Invalid status", message: "status must be open or resolved")

    /// Writes the page of rows that were read with one row more than asked, and where the next one starts.
    func write<Row>(
        _ name: String, _ rows: [Row], to json: inout JSONWriter, _ write: (inout JSONWriter, Row) -> Void,
        cursor: (Row) -> PageCursor
    ) {
        json.beginObject()
        writeFields(name, rows, to: &json, write, cursor: cursor)
        json.endObject()
    }

    /// The same within an object that says more; what stands there before counts as bytes of the page, which has at least
    /// one row.
    func writeFields<Row>(
        _ name: String, _ rows: [Row], to json: inout JSONWriter, _ write: (inout JSONWriter, Row) -> Void,
        cursor: (Row) -> PageCursor
    ) {
        json.key(name)
        json.beginArray()
        var last: Row?
        var count = 0
        for row in rows.prefix(limit) where count == 0 || json.buffer.readableBytes < Self.byteLimit {
            write(&json, row)
            (last, count) = (row, count + 1)
        }
        json.endArray()
        json.fieldIfPresent("next_cursor", count < rows.count ? last.map { cursor($0).text } : nil)
    }
}

extension PageCursor {
    /// Opaque to clients: the instant and the id.
    var text: String { Base64URL.encode("\(at.milliseconds):\(id)".utf8) }

    init?(text: String) {
        guard let bytes = Base64URL.decode(text), let plain = String(validating: bytes, as: UTF8.self),
            !plain.holdsNUL, let colon = plain.firstIndex(of: ":"), let milliseconds = Int64(plain[..<colon])
        else { return nil }
        self.init(at: Timestamp(milliseconds: milliseconds), id: String(plain[plain.index(after: colon)...]))
    }
}
