/// An index of the old server, known by what it indexes: its names differ between databases.
struct ReferenceIndex: Sendable {
    var table: String
    /// As in ``Catalogue/Index/keys``; where the direction does not matter it is left out and not compared.
    var keys: [String]
    /// Only over rows of some condition.
    var isPartial = false
    var isUnique = false

    /// The three that came with ``SchemaAge/indexed`` and tell it from the ages before.
    static let marks = [
        ReferenceIndex(table: "conversations", keys: ["app_id", "updated_at"]),
        ReferenceIndex(table: "messages", keys: ["conversation_id", "sequence"]),
        ReferenceIndex(table: "messages", keys: ["status"], isPartial: true),
    ]

    /// All that a finalized database has no use for, because an index of ours serves the same lookups or nothing asks.
    static let replaced =
        marks + [
            ReferenceIndex(table: "conversations", keys: ["app_id"]),
            ReferenceIndex(table: "conversations", keys: ["device_id"]),
            ReferenceIndex(table: "conversations", keys: ["status"]),
            ReferenceIndex(table: "conversations", keys: ["app_id", "device_id", "user_id"], isUnique: true),
            ReferenceIndex(table: "messages", keys: ["conversation_id"]),
            ReferenceIndex(table: "messages", keys: ["created_at"]),
            ReferenceIndex(table: "messages", keys: ["app_id"]),
            ReferenceIndex(table: "messages", keys: ["local_id"], isUnique: true),
            ReferenceIndex(table: "devices", keys: ["app_id"]),
            ReferenceIndex(table: "devices", keys: ["push_token"]),
            ReferenceIndex(table: "devices", keys: ["app_id", "device_id"], isUnique: true),
        ]

    func matches(_ index: Catalogue.Index) -> Bool {
        !index.isPrimary && index.isUnique == isUnique && (index.predicate != nil) == isPartial
            && index.keys.map { $0.hasSuffix(" DESC") ? String($0.dropLast(5)) : $0 } == keys
    }
}

extension ReferenceIndex: CustomStringConvertible {
    var description: String { "\(isPartial ? "partial " : "")index \(table) (\(keys.joined(separator: ", ")))" }
}
