import PluginAPI
import Testing

/// One rule that every archive keeps, to be checked on an empty store opened for writing.
public struct ArchiveRule: Sendable, CustomTestStringConvertible {
    /// The rule in words.
    public let name: String
    /// Checks the rule; expectations are recorded for the running test.
    public let check: @Sendable (any StoreArchive) async throws -> Void

    public var testDescription: String { name }

    /// Every rule.
    public static let all = [
        ArchiveRule(name: "what is stored comes back as it was, in the order of the keys") { archive in
            for (table, rows) in ArchiveSamples.all() {
                #expect(try await archive.page(of: table, after: nil).isEmpty)
                try await archive.insert(rows, into: table)
                #expect(try await archive.rowCount(of: table) == rows.count)
                let found = try await archive.everything(in: table)
                #expect(found.map(\.canonical) == rows.sorted { $0.key < $1.key }.map(\.canonical))
            }
        },
        ArchiveRule(name: "pages hold at most 1,000 rows and begin after the key, wherever that lies") { archive in
            try await archive.insert(ArchiveSamples.apps(), into: .apps)
            try await archive.insert(ArchiveSamples.conversations(3), into: .conversations)
            let rows = ArchiveSamples.messages(2_500, in: 3)
            try await archive.insert(rows, into: .messages)
            let first = try await archive.page(of: .messages, after: nil)
            #expect(first.count == ArchivePage.rowLimit)
            #expect(try await archive.everything(in: .messages).map(\.key) == rows.map(\.key).sorted())
            let key = try #require(rows.first { $0.key > first[0].key }).key
            let after = try await archive.page(of: .messages, after: key)
            #expect(after.map(\.key) == Array(rows.map(\.key).sorted().drop { $0 <= key }.prefix(ArchivePage.rowLimit)))
        },
        ArchiveRule(name: "a page of long texts ends early") { archive in
            try await archive.insert(ArchiveSamples.apps(), into: .apps)
            let long = String(repeating: "long ", count: 200_000)
            let rows = ArchiveSamples.conversations(12).map { row in
                var row = row
                row.values[6] = .object(["long": .string(long)])
                return row
            }
            try await archive.insert(rows, into: .conversations)
            let first = try await archive.page(of: .conversations, after: nil)
            #expect((1...6).contains(first.count))
            #expect(try await archive.everything(in: .conversations).count == 12)
        },
        ArchiveRule(name: "rows are added all or none, and a row that does not fit is told") { archive in
            try await archive.insert(ArchiveSamples.apps(), into: .apps)
            try await archive.insert(ArchiveSamples.conversations(4), into: .conversations)
            let more = ArchiveSamples.conversations(8).dropFirst(3)
            let error = await #expect(throws: ArchiveError.self) {
                try await archive.insert(Array(more), into: .conversations)
            }
            #expect(error?.kind == .failed && error?.description.contains("does not fit") == true)
            #expect(try await archive.rowCount(of: .conversations) == 4)
        },
        ArchiveRule(name: "the message counter only grows") { archive in
            #expect(try await archive.lastSequence() == 0)
            try await archive.raiseSequence(to: 0)
            #expect(try await archive.lastSequence() == 0)
            for (wanted, expected) in [(5_000_000_000, 5_000_000_000), (7, 5_000_000_000)] as [(Int64, Int64)] {
                try await archive.raiseSequence(to: wanted)
                #expect(try await archive.lastSequence() == expected)
            }
        },
    ]
}

extension StoreArchive {
    /// All rows of a table, over as many pages as it takes.
    public func everything(in table: ArchiveTable) async throws -> [ArchiveRow] {
        var rows: [ArchiveRow] = []
        while true {
            let page = try await page(of: table, after: rows.last?.key)
            if page.isEmpty { return rows }
            rows += page
        }
    }
}
