import PluginAPI

/// Copies everything from one archive into another that is empty, or holds a part of it from a copy that was
/// interrupted.
///
/// Nothing is kept about how far it came: what the target holds tells. It is first compared with the source, and if it
/// is not the source's, nothing is written. Then each table is filled in the order of its keys, a page in one
/// transaction, and at last both are read again and compared.
struct StoreCopy {
    let source: any StoreArchive
    let target: any StoreArchive
    var progress: @Sendable (CopyProgress) -> Void = { _ in }

    /// Throws ``CopyDifference`` or ``ArchiveError``.
    func run() async throws -> CopyReport {
        // What one store has taken must not keep all the rest from another.
        guard source.namesMayHoldNUL, !target.namesMayHoldNUL else { return try await copyAll() }
        let mended = try await MendedArchive(source)
        var report = try await StoreCopy(source: mended, target: target, progress: progress).copyAll()
        report.mended = mended.mended
        return report
    }

    private func copyAll() async throws -> CopyReport {
        let sequence = try await source.lastSequence()
        var totals: [ArchiveTable: Int64] = [:]
        var starts: [ArchiveTable: CopyStart] = [:]
        for table in ArchiveTable.allCases {
            totals[table] = try await source.rowCount(of: table)
            starts[table] = try await check(table)
        }
        // Before the messages, so that not even half a copy gives a number twice.
        try await target.raiseSequence(to: sequence)
        var added: [ArchiveTable: Int64] = [:]
        for table in ArchiveTable.allCases {
            added[table] = try await copy(table, from: starts[table] ?? CopyStart(), total: totals[table] ?? 0)
        }
        var tables: [CopyReport.Table] = []
        var differences: [String] = []
        for table in ArchiveTable.allCases {
            let sides = try await verify(table, total: totals[table] ?? 0)
            if let difference = sides.difference { differences.append(difference) }
            tables.append(
                CopyReport.Table(
                    table: table, rows: sides.rows, added: added[table] ?? 0, checksum: sides.checksum))
        }
        let reached = try await target.lastSequence()
        if reached < sequence { differences.append("the target counts messages from \(reached), not \(sequence)") }
        guard differences.isEmpty else { throw CopyDifference(differences.joined(separator: "\n")) }
        return CopyReport(source: source.place, target: target.place, tables: tables, lastSequence: sequence)
    }

    /// Adds what the target lacks; answers how many rows that were.
    private func copy(_ table: ArchiveTable, from start: CopyStart, total: Int64) async throws -> Int64 {
        var meter = CopyMeter(.copying, table, total: total, skipped: start.present, progress)
        var added: Int64 = 0
        var present = RowStream(target, table, after: start.key)
        var page = try await source.page(of: table, after: start.key)
        while let last = page.last {
            async let following = source.page(of: table, after: last.key)
            let missing = start.hasGaps ? try await rows(of: page, missingIn: &present) : page
            if !missing.isEmpty { try await target.insert(missing, into: table) }
            added += Int64(missing.count)
            meter.advance(Int64(missing.count))
            page = try await following
        }
        meter.finish()
        return added
    }

    private func rows(of page: [ArchiveRow], missingIn present: inout RowStream) async throws -> [ArchiveRow] {
        var missing: [ArchiveRow] = []
        for row in page {
            try await present.fill()
            // What was added meanwhile shows up here too, and lies behind.
            while let there = present.current, there.key < row.key {
                present.advance()
                try await present.fill()
            }
            if present.current?.key != row.key { missing.append(row) }
        }
        return missing
    }
}
