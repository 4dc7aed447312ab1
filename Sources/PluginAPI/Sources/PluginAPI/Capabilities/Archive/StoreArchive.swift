/// A factory whose stores can be read and filled as a whole, without the plugin being started (`replyhq db copy`).
public protocol StoreArchiving: PluginFactory {
    /// The schemes of the URLs that name its stores, in lower case, such as `postgres`.
    var archiveSchemes: [String] { get }

    /// Opens the store that a URL names.
    ///
    /// - Parameter url: begins with one of ``archiveSchemes``.
    /// - Throws: ``ArchiveError``, whose text shows no secret of the URL.
    func openArchive(_ url: String, for purpose: ArchivePurpose) async throws -> any StoreArchive
}

/// What an archive is opened for.
public enum ArchivePurpose: Sendable {
    /// All pages show one instant: that of opening. The store must exist.
    case reading
    /// Rows are added; nobody else may write meanwhile.
    case writing
}

/// Everything that a store holds, as rows of ``ArchiveTable``s that mean the same in every engine.
///
/// Calls come one after the other, or one for each of two archives. Each may throw ``ArchiveError``.
public protocol StoreArchive: Sendable {
    /// Which store it is: one line that holds no secret.
    var place: String { get }

    /// Whether columns of kind ``ArchiveColumn/Kind/name`` can hold U+0000; true unless said otherwise.
    var namesMayHoldNUL: Bool { get }

    /// How many rows a table has.
    func rowCount(of table: ArchiveTable) async throws -> Int64

    /// The rows after a key in ascending order of their keys: at most ``ArchivePage/rowLimit``, and no more after
    /// ``ArchivePage/byteLimit`` of text. Empty only at the end.
    ///
    /// - Parameter key: the last row's of the page before; nil begins.
    func page(of table: ArchiveTable, after key: ArchiveKey?) async throws -> [ArchiveRow]

    /// Adds rows, all or none; they are durable when it returns. What they refer to is there already: tables are
    /// filled in the order of ``ArchiveTable/allCases``.
    func insert(_ rows: [ArchiveRow], into table: ArchiveTable) async throws

    /// The largest number that a message was ever given; 0 before the first.
    func lastSequence() async throws -> Int64

    /// Makes the next message's number larger than this one, unless it is anyway.
    func raiseSequence(to number: Int64) async throws

    /// Lets go of the store. Nothing may be called afterwards.
    func close() async
}

extension StoreArchive {
    /// Most stores keep any text.
    public var namesMayHoldNUL: Bool { true }
}

/// The bounds of one page, so that copying takes the same memory for any size of store.
public enum ArchivePage {
    /// The most rows.
    public static let rowLimit = 1_000
    /// The bytes of text after which a page ends.
    public static let byteLimit = 4 << 20
}

/// Why an archive cannot be used, or failed while it was: one line for whoever runs the command.
public struct ArchiveError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Kind: Sendable {
        /// The store is missing, not ours, not up to date or in use. Nothing was changed.
        case unusable
        /// Something failed on the way, such as the connection; trying again may well work.
        case failed
    }

    /// What kind of failure it is.
    public var kind: Kind
    /// One line that names the store.
    public var description: String

    /// Makes an error.
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
