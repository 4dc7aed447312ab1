import PluginAPI
import Synchronization
import Testing

@testable import HostCore

@Suite("Copying a store")
struct StoreCopyTests {
    private static let counts: [(ArchiveTable, Int)] = [
        (.apps, 2), (.conversations, 30), (.messages, 100), (.devices, 8), (.events, 15),
        (.transportUses, 12),
    ]
    /// With pages of seven rows.
    private static let inserts = 1 + 5 + 15 + 2 + 3 + 2

    private func source() async throws -> MemoryArchive {
        let archive = MemoryArchive()
        for (table, count) in Self.counts { archive.put((0..<count).map { .made(table, $0) }) }
        try await archive.raiseSequence(to: 1_234)
        return archive
    }

    private func expectSame(_ source: MemoryArchive, _ target: MemoryArchive) async throws {
        for (table, count) in Self.counts {
            var (found, wanted) = (RowStream(target, table), RowStream(source, table))
            for _ in 0..<count {
                try await found.fill()
                try await wanted.fill()
                #expect(found.current == wanted.current && wanted.current != nil)
                found.advance()
                wanted.advance()
            }
            #expect(try await target.rowCount(of: table) == Int64(count))
        }
        #expect(try await target.lastSequence() == 1_234)
    }

    @Test("everything arrives, is counted and has a checksum")
    func whole() async throws {
        let (source, target) = (try await source(), MemoryArchive(pageSize: 11))
        let report = try await StoreCopy(source: source, target: target).run()
        try await expectSame(source, target)
        #expect(report.tables.map(\.rows) == Self.counts.map { Int64($0.1) })
        #expect(report.tables.map(\.added) == report.tables.map(\.rows))
        #expect(report.tables.allSatisfy { $0.checksum.count == 64 } && Set(report.tables.map(\.checksum)).count == 6)
        #expect(report.lastSequence == 1_234)
    }

    @Test("interrupted at any insert, the next run goes on there and doubles nothing", arguments: 0..<inserts)
    func interrupted(_ inserts: Int) async throws {
        let (source, target) = (try await source(), MemoryArchive())
        target.breakConnection(after: inserts)
        await #expect(throws: ArchiveError.self) { try await StoreCopy(source: source, target: target).run() }
        var before: Int64 = 0
        for table in ArchiveTable.allCases { before += try await target.rowCount(of: table) }

        target.breakConnection(after: Self.inserts - inserts)
        let report = try await StoreCopy(source: source, target: target).run()
        try await expectSame(source, target)
        #expect(report.tables.map(\.added).reduce(0, +) + before == report.tables.map(\.rows).reduce(0, +))
    }

    @Test("run once more it adds nothing; rows that came to the source are added between the others")
    func again() async throws {
        let (source, target) = (try await source(), MemoryArchive())
        source.remove(.messages) { Self.number(of: $0) % 3 == 1 }
        _ = try await StoreCopy(source: source, target: target).run()
        let second = try await StoreCopy(source: source, target: target).run()
        #expect(second.tables.allSatisfy { $0.added == 0 })

        source.put((0..<100).filter { $0 % 3 == 1 }.map { .made(.messages, $0) })
        let third = try await StoreCopy(source: source, target: target).run()
        #expect(third.tables.map(\.added) == [0, 0, 33, 0, 0, 0])
        try await expectSame(source, target)
    }

    private static func number(of row: ArchiveRow) -> Int64 {
        if case .integer(let number) = row.values[1] { number } else { -1 }
    }

    @Test("a target that holds other rows is refused before anything is written", arguments: ArchiveTable.allCases)
    func foreign(_ table: ArchiveTable) async throws {
        let (source, target) = (try await source(), MemoryArchive())
        let row = ArchiveRow.made(table, 5_000)
        target.put([row])
        let error = await #expect(throws: CopyDifference.self) {
            try await StoreCopy(source: source, target: target).run()
        }
        let text = error?.description ?? ""
        #expect(text.contains("\(table.rawValue) \(row.key) is in the target and not in the source"))
        #expect(text.contains("Nothing was written"))
        for other in ArchiveTable.allCases {
            #expect(try await target.rowCount(of: other) == (other == table ? 1 : 0))
        }
        #expect(try await target.lastSequence() == 0)
    }

    @Test("a row that differs is named with its columns, and nothing is written")
    func differs() async throws {
        let (source, target) = (try await source(), MemoryArchive())
        target.put([.made(.messages, 3), .made(.messages, 4, "changed")])
        let error = await #expect(throws: CopyDifference.self) {
            try await StoreCopy(source: source, target: target).run()
        }
        #expect(error?.description.contains("messages 1004 4 differs in id, local_id, app_id, body") == true)
        #expect(try await target.rowCount(of: .apps) == 0)
    }

    @Test("a target that keeps something else than it was given fails the verification, with the first row")
    func spoilt() async throws {
        let source = try await source()
        let target = MemoryArchive { row in
            guard row.table == .messages || row.table == .events else { return row }
            let number = Self.number(of: row)
            if row.table == .messages, number == 41 || number == 77 { return nil }
            return row.table == .events && row.key == ArchiveRow.made(.events, 9).key
                ? .made(.events, 9, "spoilt") : row
        }
        let error = await #expect(throws: CopyDifference.self) {
            try await StoreCopy(source: source, target: target).run()
        }
        let lines = (error?.description ?? "").split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.contains("messages 1041 41 is in the source and not in the target; 100 rows") == true)
        #expect(lines.last?.contains("events 9 differs in app_id, device_id, user_id, event_name, properties") == true)
    }

    @Test("progress ends with the number of rows in each phase, and tells what was there")
    func progress() async throws {
        let (source, target) = (try await source(), MemoryArchive())
        target.put((0..<40).map { .made(.messages, $0) })
        let heard = Mutex<[CopyProgress]>([])
        _ = try await StoreCopy(source: source, target: target) { progress in heard.withLock { $0.append(progress) } }
            .run()
        let ends = heard.withLock { $0.filter { $0.isFinished && $0.table == .messages } }
        #expect(ends.map(\.phase) == [.checking, .copying, .verifying])
        #expect(ends.map(\.done) == [40, 100, 100] && ends.map(\.skipped) == [0, 40, 0])
    }
}
