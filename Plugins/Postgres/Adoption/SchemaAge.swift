/// Which of the old server's schemas a database has (`data-model.md` 1-8).
///
/// Each age has all that the one before it has; what sets them apart is in ``ReferenceSchema``.
enum SchemaAge: Int, CaseIterable, Sendable, Comparable {
    /// Keys in plain text only; a message knows its app through its conversation.
    case plainKeys = 1
    /// Keys hashed, beside the plain text; messages name their app.
    case hashedKeys = 2
    /// With the indexes for lists, sync and receipts.
    case indexed = 3
    /// Row-level security on conversations, messages and devices; the last one.
    case rowSecurity = 4

    static func < (lhs: SchemaAge, rhs: SchemaAge) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension SchemaAge: CustomStringConvertible {
    /// Half a sentence for operators.
    var description: String {
        switch self {
        case .plainKeys: "age 1, plain-text keys only"
        case .hashedKeys: "age 2, hashed keys"
        case .indexed: "age 3, indexed"
        case .rowSecurity: "age 4, with row-level security"
        }
    }
}
