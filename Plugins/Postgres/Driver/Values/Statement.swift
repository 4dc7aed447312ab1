/// One SQL statement under a name of its own.
///
/// It is prepared once per connection, at its first use there; behind a transaction-mode pooler it is sent with its
/// parameters instead, and the name is unused. Two statements of one name must have the same text.
struct Statement: Sendable {
    let name: String
    /// Parameters are `$1`, `$2`…
    let sql: String

    init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }
}

/// A statement with what is bound to it.
struct Step: Sendable {
    let statement: Statement
    let values: [SQLValue]

    init(_ statement: Statement, _ values: [SQLValue]) {
        self.statement = statement
        self.values = values
    }

    init(_ statement: Statement, _ values: SQLValue...) {
        self.init(statement, values)
    }
}
