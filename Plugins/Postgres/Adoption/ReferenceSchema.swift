/// The old server's tables as `data-model.md` 1-4 describes them, and what each age adds.
struct ReferenceSchema: Sendable {
    struct Column: Sendable {
        var name: String
        var type: String
        /// Nil: either, since databases differ.
        var isNullable: Bool?
        /// The age may be without it.
        var isOptional = false
    }

    struct Table: Sendable {
        var name: String
        var columns: [Column]
        /// Key columns; order and name of the index do not matter.
        var uniqueKeys: [Set<String>] = []
        var references: Set<String> = []
    }

    let age: SchemaAge

    /// In the order in which they reference each other.
    var tables: [Table] { [apps, conversations, messages, devices] }

    private var apps: Table {
        let key = Column(name: "api_key", type: "text", isNullable: age == .plainKeys ? false : true)
        let hash = Column(name: "api_key_hash", type: "text", isNullable: false)
        return Table(
            name: "apps",
            columns: [.text("id"), .text("name"), key] + (age >= .hashedKeys ? [hash] : [])
                + [.json("settings"), .instant("created_at"), .instant("updated_at")],
            uniqueKeys: [["id"]] + (age >= .hashedKeys ? [["api_key_hash"]] : []))
    }

    private var conversations: Table {
        Table(
            name: "conversations",
            columns: [
                .text("id"), .text("visitor_id"), .text("status"), .json("metadata"), .text("app_id"),
                .text("device_id"), .text("user_id", isNullable: true), .instant("created_at"), .instant("updated_at"),
            ],
            uniqueKeys: [["id"], ["app_id", "device_id", "user_id"]],
            references: ["app_id>apps"])
    }

    private var messages: Table {
        let app = Column(name: "app_id", type: "text", isNullable: age == .rowSecurity ? false : nil)
        return Table(
            name: "messages",
            columns: [
                .text("id"), .text("local_id"), .text("body"), .text("sender"), .text("status"),
                Column(name: "sequence", type: "integer", isNullable: false), .instant("created_at"),
                .instant("delivered_at", isNullable: true), .instant("read_at", isNullable: true),
                .text("conversation_id"),
            ] + (age >= .hashedKeys ? [app] : []),
            uniqueKeys: [["id"], ["local_id"]],
            references: ["conversation_id>conversations"])
    }

    private var devices: Table {
        // "Later additions": some databases of the ages between have them already.
        var provider = Column.text("push_token_provider", isNullable: true)
        var renewed = Column.instant("push_token_updated_at", isNullable: true)
        provider.isOptional = age < .rowSecurity
        renewed.isOptional = age < .rowSecurity
        return Table(
            name: "devices",
            columns: [
                .text("id"), .text("device_id"), .text("user_id", isNullable: true),
                .text("push_token", isNullable: true), provider, renewed, .text("platform"), .text("app_id"),
                .instant("created_at"), .instant("updated_at"),
            ],
            uniqueKeys: [["id"], ["app_id", "device_id"]],
            references: ["app_id>apps"])
    }
}

extension ReferenceSchema.Column {
    static func text(_ name: String, isNullable: Bool = false) -> Self {
        Self(name: name, type: "text", isNullable: isNullable)
    }

    static func json(_ name: String) -> Self { Self(name: name, type: "jsonb", isNullable: false) }

    static func instant(_ name: String, isNullable: Bool = false) -> Self {
        Self(name: name, type: "timestamp(3) without time zone", isNullable: isNullable)
    }
}
