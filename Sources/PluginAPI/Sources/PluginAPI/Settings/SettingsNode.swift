/// A configuration value as it was written, with where it was written.
///
/// Text stays text here: what it means is decided by the one who reads it through ``Settings``, so that `1.2` may be a
/// version and `on` a name.
public struct SettingsNode: Sendable, Hashable {
    /// What the node is.
    public indirect enum Content: Sendable, Hashable {
        /// One value.
        case scalar(SettingsScalar)
        /// A list.
        case sequence([SettingsNode])
        /// Named values in the order they were written.
        case mapping([SettingsEntry])
    }

    /// What the node is.
    public var content: Content
    /// Where it was stated.
    public var origin: SettingsOrigin

    /// Creates a node.
    public init(_ content: Content, origin: SettingsOrigin) {
        self.content = content
        self.origin = origin
    }

    /// Creates a scalar whose text is never read as "nothing", unless it is empty.
    public init(text: String, origin: SettingsOrigin) {
        self.init(.scalar(SettingsScalar(text, isQuoted: !text.isEmpty)), origin: origin)
    }

    /// Whether the value states nothing (`key:`, `~` or `null`), which is the same as not being there.
    public var isNull: Bool {
        if case .scalar(let scalar) = content { scalar.isNull } else { false }
    }

    /// The scalar, if it is one.
    public var scalar: SettingsScalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }

    /// The items, if it is a list.
    public var items: [SettingsNode]? {
        if case .sequence(let items) = content { items } else { nil }
    }

    /// The entries, if it is a mapping.
    public var entries: [SettingsEntry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    /// The value under a key of a mapping.
    public subscript(key: String) -> SettingsNode? {
        entries?.first { $0.key == key }?.value
    }
}

/// One value as text.
public struct SettingsScalar: Sendable, Hashable {
    /// The text, unquoted and with variables already replaced.
    public var text: String
    /// Whether quotes say that this is text, whatever it looks like.
    public var isQuoted: Bool
    /// The environment variables that were put into the text.
    public var variables: [String]

    /// Creates a scalar.
    public init(_ text: String, isQuoted: Bool = false, variables: [String] = []) {
        self.text = text
        self.isQuoted = isQuoted
        self.variables = variables
    }

    /// Whether the text states nothing.
    public var isNull: Bool {
        !isQuoted && (text.isEmpty || text == "~" || text == "null")
    }
}

/// A named value of a mapping.
public struct SettingsEntry: Sendable, Hashable {
    /// The name.
    public var key: String
    /// Where the name was written, which is where an unknown key is reported.
    public var origin: SettingsOrigin
    /// The value.
    public var value: SettingsNode

    /// Creates an entry.
    public init(_ key: String, _ value: SettingsNode, origin: SettingsOrigin) {
        self.key = key
        self.value = value
        self.origin = origin
    }
}
