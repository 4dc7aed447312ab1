import PluginAPI

/// The rows of one table of an archive, one after the other, in the order of their keys.
struct RowStream {
    private let archive: any StoreArchive
    private let table: ArchiveTable
    private var page: [ArchiveRow] = []
    private var position = 0
    private var last: ArchiveKey?
    private var isAtEnd = false

    /// Starts after a key; nil: with the first row.
    init(_ archive: any StoreArchive, _ table: ArchiveTable, after key: ArchiveKey? = nil) {
        self.archive = archive
        self.table = table
        last = key
    }

    /// Makes ``current`` right; called before it is first read and after each ``advance()``.
    mutating func fill() async throws {
        if needsPage { take(try await nextPage()) }
    }

    /// Whether ``current`` is unknown.
    var needsPage: Bool { position >= page.count && !isAtEnd }

    func nextPage() async throws -> [ArchiveRow] { try await archive.page(of: table, after: last) }

    mutating func take(_ next: [ArchiveRow]) {
        page = next
        position = 0
        isAtEnd = next.isEmpty
        last = next.last?.key ?? last
    }

    /// The row that is next; nil at the end.
    var current: ArchiveRow? { position < page.count ? page[position] : nil }

    /// Steps over the row that is next.
    mutating func advance() { position += 1 }
}

/// The rows of two archives side by side: each with the one of the same key, if there is one.
struct PairStream {
    enum Pair {
        case source(ArchiveRow)
        case target(ArchiveRow)
        case both(source: ArchiveRow, target: ArchiveRow)
    }

    private var source: RowStream
    private var target: RowStream

    init(source: RowStream, target: RowStream) {
        self.source = source
        self.target = target
    }

    /// The next row or pair in the order of the keys.
    ///
    /// - Parameter endsWithTarget: whether the source's rows after the target's last are of no interest.
    mutating func next(endsWithTarget: Bool = false) async throws -> Pair? {
        try await fill()
        switch (source.current, target.current) {
        case (nil, nil): return nil
        case (let row?, nil):
            if endsWithTarget { return nil }
            source.advance()
            return .source(row)
        case (nil, let row?):
            target.advance()
            return .target(row)
        case (let one?, let other?):
            let order = one.key.order(other.key)
            if order <= 0 { source.advance() }
            if order >= 0 { target.advance() }
            return order < 0 ? .source(one) : order > 0 ? .target(other) : .both(source: one, target: other)
        }
    }

    /// Both sides at once where both need more, which is the rule.
    private mutating func fill() async throws {
        guard source.needsPage, target.needsPage else {
            try await source.fill()
            try await target.fill()
            return
        }
        let (here, there) = (source, target)
        async let more = here.nextPage()
        target.take(try await there.nextPage())
        source.take(try await more)
    }
}
