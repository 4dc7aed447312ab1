/// Whose schema a database has.
enum SchemaState: Sendable, Equatable {
    /// No tables.
    case empty
    /// Our own, at this version of ``Migration/all``; also one that was taken over.
    case ours(version: Int64)
    /// The old server's, untouched.
    case reference(SchemaAge)
    /// The old server's, with some of the steps of ``Adoption`` taken.
    case adopting(SchemaAge)
    /// Anybody else's, or a mixture: what keeps us from using it, one clause each.
    case foreign([String])

    /// Judges a snapshot and what our two history tables hold.
    ///
    /// - Parameters:
    ///   - version: The newest in `schema_migrations`; nil without that table.
    ///   - adoption: What `schema_adoption` tells; nil without that table.
    init(_ catalogue: Catalogue, version: Int64?, adoption: AdoptionHistory?) {
        let tables = Set(catalogue.tables.keys).subtracting(["schema_migrations", "schema_adoption"])
        let core = ReferenceSchema(age: .plainKeys).tables.map(\.name)
        if catalogue.schema == nil {
            self = .foreign(["search_path names no schema that exists"])
        } else if let version, version > 0 {
            self = .ours(version: version)
        } else if let adoption, !adoption.steps.isEmpty {
            self = .adopting(adoption.age)
        } else if tables.isEmpty {
            self = .empty
        } else if tables.isDisjoint(with: core) {
            let some = tables.sorted().prefix(5).joined(separator: ", ")
            self = .foreign(["its tables are another program's (\(some)\(tables.count > 5 ? ", …" : ""))"])
        } else {
            self = .comparing(catalogue)
        }
    }

    /// The age that the snapshot has, or what keeps it from the nearest one.
    private static func comparing(_ catalogue: Catalogue) -> SchemaState {
        let candidates = SchemaAge.allCases.map { ($0, ReferenceSchema(age: $0).differences(from: catalogue)) }
        guard let (age, differences) = candidates.min(by: { $0.1.count < $1.1.count }) else { return .empty }
        return differences.isEmpty ? .reference(age) : .foreign(["it is nearest to \(age), but:"] + differences)
    }
}

extension SchemaState {
    /// Looks at the database. Throws ``SchemaError``.
    static func read(_ connection: SchemaConnection) throws -> SchemaState {
        let catalogue = try Catalogue(reading: connection)
        var version: Int64?
        if catalogue.tables["schema_migrations"] != nil {
            let newest = try connection.query("SELECT max(version) FROM schema_migrations")
            version = newest.first?.first?.flatMap { Int64($0) }
        }
        let hasHistory = catalogue.tables["schema_adoption"] != nil
        let adoption = hasHistory ? try AdoptionHistory(reading: connection) : nil
        return SchemaState(catalogue, version: version, adoption: adoption)
    }
}

extension SchemaState: CustomStringConvertible {
    /// One sentence for operators.
    var description: String {
        switch self {
        case .empty: "The database is empty."
        case .ours(let version): "The database has this server's schema, version \(version)."
        case .reference(let age): "The database is the old server's (\(age)) and can be taken over."
        case .adopting(let age): "The database was the old server's (\(age)); taking it over has begun."
        case .foreign(let why):
            "The database cannot be used: " + why.joined(separator: why.count > 1 ? "\n  - " : "") + "."
        }
    }
}
