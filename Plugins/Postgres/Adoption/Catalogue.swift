/// What a schema holds, as far as it tells whose it is: a snapshot of PostgreSQL's catalogue.
struct Catalogue: Sendable, Equatable {
    struct Column: Sendable, Equatable {
        /// As `format_type` spells it, such as `timestamp(3) without time zone`.
        var type: String
        var isNullable: Bool
        var hasDefault: Bool
    }

    struct Index: Sendable, Equatable {
        var name: String
        /// Columns or expressions in order; a descending one ends with ` DESC`.
        var keys: [String]
        var isUnique = false
        var isPrimary = false
        /// False: a concurrent build was interrupted, and nothing may rely on the index.
        var isValid = true
        /// It exists for a constraint of the same name.
        var isConstraint = false
        /// The condition of a partial index, as PostgreSQL prints it.
        var predicate: String?
    }

    struct Table: Sendable, Equatable {
        var columns: [String: Column] = [:]
        var indexes: [Index] = []
        /// `column>table` for each foreign key of one column.
        var references: Set<String> = []
        /// The conditions of the row-security policies.
        var policies: [String] = []
        var hasRowSecurity = false
        /// Row security binds the owner too.
        var isRowSecurityForced = false
        /// The session's role may alter it.
        var isOwned = true
    }

    /// As `server_version_num` tells it, such as 150018.
    var serverVersion = 0
    /// The schema that new tables go to; nil when `search_path` names none that exists.
    var schema: String?
    /// The session's role may make functions and indexes in the schema.
    var mayCreate = true
    /// Ordinary tables by name; those that belong to an extension are left out.
    var tables: [String: Table] = [:]
}
