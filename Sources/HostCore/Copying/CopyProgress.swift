import PluginAPI

/// How far a copy has come with one table.
public struct CopyProgress: Sendable, Hashable {
    /// What is done with the tables, one after the other.
    public enum Phase: String, Sendable, CaseIterable {
        /// What the target holds already is compared with the source.
        case checking
        /// What the target lacks is added to it.
        case copying
        /// Both are read once more and compared.
        case verifying
    }

    /// What is being done.
    public var phase: Phase
    /// The table it is done with.
    public var table: ArchiveTable
    /// The rows that are done, with those that were there before.
    public var done: Int64
    /// The rows that there are to do.
    public var total: Int64
    /// How many of ``done`` were not done in this run.
    public var skipped: Int64
    /// Since this table's phase began.
    public var elapsed: Duration
    /// Whether the table's phase is over.
    public var isFinished: Bool

    /// Rows per second; nil before there is anything to tell.
    public var rate: Double? {
        let seconds = elapsed / .seconds(1)
        return seconds > 0 && done > skipped ? Double(done - skipped) / seconds : nil
    }

    /// How long the rest takes if it goes on like this.
    public var remaining: Duration? {
        guard let rate, total >= done else { return nil }
        return .seconds(Double(total - done) / rate)
    }
}

/// What a copy has done, after everything was verified.
public struct CopyReport: Sendable {
    /// What was done with one table.
    public struct Table: Sendable {
        /// Which one.
        public var table: ArchiveTable
        /// On either side.
        public var rows: Int64
        /// Those of them that this run added.
        public var added: Int64
        /// Of either side's rows; see `docs/scaling.md`.
        public var checksum: String
    }

    /// Values that the target could not hold as they were.
    public struct Mended: Sendable, Hashable {
        /// Where they are.
        public var table: ArchiveTable
        /// Which column of it.
        public var column: String
        /// How many they are.
        public var values: Int64
    }

    /// The store that was read, in one line.
    public var source: String
    /// The store that was filled, in one line.
    public var target: String
    /// All tables in their order.
    public var tables: [Table]
    /// What the next message's number is larger than.
    public var lastSequence: Int64
    /// In the order of the tables.
    public var mended: [Mended] = []
}

/// The target holds something that is not the source's: a line for each table.
public struct CopyDifference: Error, Sendable, CustomStringConvertible {
    /// What differs, with the key of the first row that does.
    public let description: String

    init(_ description: String) { self.description = description }
}
