/// A table of an archive. The order of the cases is that in which they can be filled.
public enum ArchiveTable: String, Sendable, CaseIterable {
    /// As the stores' tables are called.
    case apps, conversations, messages, devices, events
    /// See ``UsageStore``.
    case transportUses = "transport_uses"

    /// Its columns; the first ``keyCount`` of them are its key.
    public var columns: [ArchiveColumn] {
        switch self {
        case .apps: Self.appColumns
        case .conversations: Self.conversationColumns
        case .messages: Self.messageColumns
        case .devices: Self.deviceColumns
        case .events: Self.eventColumns
        case .transportUses: Self.transportUseColumns
        }
    }

    /// How many columns tell its rows apart.
    public var keyCount: Int {
        switch self {
        case .apps, .conversations, .events: 1
        case .messages, .devices: 2
        case .transportUses: 4
        }
    }

    /// The columns that tell its rows apart, and by which they are ordered.
    public var keyColumns: ArraySlice<ArchiveColumn> { columns.prefix(keyCount) }
}

/// A column of an archive's table.
public struct ArchiveColumn: Sendable, Hashable {
    /// What its values are. Any may be missing.
    public enum Kind: Sendable {
        /// A name, word or hash. Not every store keeps U+0000 in it: ``StoreArchive/namesMayHoldNUL``.
        case name
        /// What people wrote: text with any character.
        case text
        /// A whole number of 64 bits.
        case integer
        /// An instant, as milliseconds since 1970.
        case time
        /// A JSON object.
        case object
    }

    /// As the stores' columns are called.
    public var name: String
    /// What its values are.
    public var kind: Kind

    init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

extension ArchiveTable {
    private static let appColumns = [
        ArchiveColumn("id", .name), ArchiveColumn("name", .text), ArchiveColumn("api_key_hash", .name),
        ArchiveColumn("previous_key_hash", .name), ArchiveColumn("previous_key_expires_at", .time),
        ArchiveColumn("settings", .object), ArchiveColumn("created_at", .time), ArchiveColumn("updated_at", .time),
    ]

    private static let conversationColumns = [
        ArchiveColumn("id", .name), ArchiveColumn("visitor_id", .name), ArchiveColumn("app_id", .name),
        ArchiveColumn("device_id", .name), ArchiveColumn("user_id", .name), ArchiveColumn("status", .name),
        ArchiveColumn("metadata", .object), ArchiveColumn("created_at", .time), ArchiveColumn("updated_at", .time),
        ArchiveColumn("last_message_at", .time), ArchiveColumn("last_sequence", .integer),
    ]

    private static let messageColumns = [
        ArchiveColumn("conversation_id", .name), ArchiveColumn("sequence", .integer), ArchiveColumn("id", .name),
        ArchiveColumn("local_id", .name), ArchiveColumn("app_id", .name), ArchiveColumn("body", .text),
        ArchiveColumn("sender", .name), ArchiveColumn("status", .name), ArchiveColumn("created_at", .time),
        ArchiveColumn("delivered_at", .time), ArchiveColumn("read_at", .time),
    ]

    private static let deviceColumns = [
        ArchiveColumn("app_id", .name), ArchiveColumn("device_id", .name), ArchiveColumn("user_id", .name),
        ArchiveColumn("push_token", .name), ArchiveColumn("push_token_provider", .name),
        ArchiveColumn("push_token_updated_at", .time), ArchiveColumn("platform", .name),
        ArchiveColumn("created_at", .time), ArchiveColumn("updated_at", .time), ArchiveColumn("last_seen_at", .time),
        ArchiveColumn("secret_hash", .name),
    ]

    private static let transportUseColumns = [
        ArchiveColumn("app_id", .name), ArchiveColumn("day", .integer), ArchiveColumn("device_id", .name),
        ArchiveColumn("transport", .name), ArchiveColumn("protocol", .name), ArchiveColumn("sdk_version", .name),
        ArchiveColumn("platform", .name), ArchiveColumn("last_seen_at", .time),
    ]

    private static let eventColumns = [
        ArchiveColumn("id", .integer), ArchiveColumn("app_id", .name), ArchiveColumn("device_id", .text),
        ArchiveColumn("user_id", .text), ArchiveColumn("event_name", .text), ArchiveColumn("event_timestamp", .time),
        ArchiveColumn("properties", .object), ArchiveColumn("user_plan", .text), ArchiveColumn("user_country", .text),
        ArchiveColumn("session_id", .text), ArchiveColumn("platform", .text), ArchiveColumn("app_version", .text),
    ]
}
