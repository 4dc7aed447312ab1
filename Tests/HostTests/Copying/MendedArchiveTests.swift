import PluginAPI
import Testing

@testable import HostCore

@Suite("Copying names that the target cannot keep")
struct MendedArchiveTests {
    private static let named: [(ArchiveTable, Int)] = [
        (.apps, 2), (.conversations, 30), (.messages, 100), (.devices, 40), (.transportUses, 40),
    ]

    /// Rows of which every third has U+0000 in all names that clients choose, also in keys.
    private func source() async throws -> MemoryArchive {
        let archive = MemoryArchive()
        for (table, count) in Self.named {
            archive.put(
                (0..<count).map { number in
                    var row = ArchiveRow.made(table, number)
                    // The names of devices decide about the order.
                    if table == .devices { row.values[0] = .text("app") }
                    guard number.isMultiple(of: 3) else { return row }
                    for (place, column) in table.columns.enumerated() where column.kind == .name {
                        let isChosen = ["device_id", "user_id", "push_token"].contains(column.name)
                        if isChosen { row.values[place] = .text("\(number % 2)\0\(number)") }
                    }
                    return row
                })
        }
        return archive
    }

    @Test("U+0000 becomes U+FFFD, rows stay apart, all is verified and reported, and a second run adds nothing")
    func mended() async throws {
        let (source, target) = (try await source(), MemoryArchive(pageSize: 11, namesMayHoldNUL: false))
        let report = try await StoreCopy(source: source, target: target).run()
        for (table, count) in Self.named { #expect(try await target.rowCount(of: table) == Int64(count)) }
        #expect(
            report.mended == [
                .init(table: .conversations, column: "device_id", values: 10),
                .init(table: .conversations, column: "user_id", values: 10),
                .init(table: .devices, column: "device_id", values: 14),
                .init(table: .devices, column: "push_token", values: 14),
                .init(table: .devices, column: "user_id", values: 14),
                .init(table: .transportUses, column: "device_id", values: 14),
            ])
        let again = try await StoreCopy(source: source, target: target).run()
        #expect(again.tables.allSatisfy { $0.added == 0 } && again.mended == report.mended)
        let device = try await target.page(of: .devices, after: nil).compactMap { row -> String? in
            guard case .text(let name) = row.values[1] else { return nil }
            return name.contains("\u{FFFD}") ? name : nil
        }
        #expect(device.allSatisfy { !$0.utf8.contains(0) && $0.count > 12 })
    }

    @Test("interrupted at any insert, the next run goes on there", arguments: 0..<20)
    func interrupted(_ inserts: Int) async throws {
        let (source, target) = (try await source(), MemoryArchive(namesMayHoldNUL: false))
        target.breakConnection(after: inserts)
        await #expect(throws: ArchiveError.self) { try await StoreCopy(source: source, target: target).run() }
        target.breakConnection(after: .max)
        _ = try await StoreCopy(source: source, target: target).run()
        for (table, count) in Self.named { #expect(try await target.rowCount(of: table) == Int64(count)) }
    }

    @Test("a target that keeps U+0000 gets it")
    func kept() async throws {
        let (source, target) = (try await source(), MemoryArchive())
        let report = try await StoreCopy(source: source, target: target).run()
        #expect(report.mended.isEmpty)
    }
}
