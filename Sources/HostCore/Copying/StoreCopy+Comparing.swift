import PluginAPI

/// From where a table is to be filled.
struct CopyStart {
    /// The rows that are there already.
    var present: Int64 = 0
    /// The last row up to which nothing is missing.
    var key: ArchiveKey?
    /// Whether there are rows after the first that is missing.
    var hasGaps = false
}

/// One table on both sides.
struct ComparedTable {
    /// The source's.
    var rows: Int64
    /// The source's.
    var checksum: String
    /// Nil when all is the same.
    var difference: String?
}

extension StoreCopy {
    /// Looks whether all that the target's table holds is the source's. Throws ``CopyDifference`` if not.
    func check(_ table: ArchiveTable) async throws -> CopyStart {
        var start = CopyStart()
        let total = try await target.rowCount(of: table)
        guard total > 0 else { return start }
        var meter = CopyMeter(.checking, table, total: total, progress)
        var isComplete = true
        var pairs = PairStream(source: RowStream(source, table), target: RowStream(target, table))
        var checksums = (source: TableChecksum(), target: TableChecksum())
        while let pair = try await pairs.next(endsWithTarget: true) {
            switch pair {
            case .source: isComplete = false
            case .target(let row): throw foreign(.foreign(row.key), table)
            case .both(let one, let other):
                guard checksums.source.add(one) == checksums.target.add(other) else {
                    throw foreign(RowDifference(source: one, target: other), table)
                }
                start.present += 1
                if isComplete { start.key = one.key } else { start.hasGaps = true }
                meter.advance(1)
            }
        }
        meter.finish()
        return start
    }

    /// Reads a table on both sides once more.
    func verify(_ table: ArchiveTable, total: Int64) async throws -> ComparedTable {
        var meter = CopyMeter(.verifying, table, total: total, progress)
        var pairs = PairStream(source: RowStream(source, table), target: RowStream(target, table))
        var counts: (source: Int64, target: Int64) = (0, 0)
        var checksums = (source: TableChecksum(), target: TableChecksum())
        var first: RowDifference?
        while let pair = try await pairs.next() {
            switch pair {
            case .source(let row):
                _ = checksums.source.add(row)
                counts.source += 1
                first = first ?? .missing(row.key)
            case .target(let row):
                _ = checksums.target.add(row)
                counts.target += 1
                first = first ?? .foreign(row.key)
            case .both(let one, let other):
                let isSame = checksums.source.add(one) == checksums.target.add(other)
                counts = (counts.source + 1, counts.target + 1)
                if !isSame { first = first ?? RowDifference(source: one, target: other) }
            }
            meter.advance(1)
        }
        meter.finish()
        let (here, there) = (checksums.source.finish(), checksums.target.finish())
        var difference: String?
        if let first {
            let sums = "\(counts.source) rows \(here.prefix(12))… and \(counts.target) rows \(there.prefix(12))…"
            difference = "\(table.rawValue) is not the same on both sides: \(first.text(table)); \(sums)"
        } else if here != there {
            difference = "\(table.rawValue) has another checksum on either side: \(here) and \(there)"
        }
        return ComparedTable(rows: counts.source, checksum: here, difference: difference)
    }

    private func foreign(_ difference: RowDifference, _ table: ArchiveTable) -> CopyDifference {
        CopyDifference(
            "\(target.place) holds what is not the source's: \(difference.text(table)). Nothing was written. "
                + "Copy into an empty database: this one is in use, or the source has changed since it was copied")
    }
}
