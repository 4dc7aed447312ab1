/// A factory whose plugin keeps a schema in a database: it can be looked at and brought up to date without the plugin
/// being started (`replyhq migrate`).
public protocol SchemaManaging: PluginFactory {
    /// The schema that the plugin with these settings works on. No input or output happens here; throws what is wrong
    /// with the settings.
    func schema(_ context: PluginContext) throws -> any SchemaManager
}

/// A database's schema and the steps that bring it up to date. Each call opens what it needs and closes it again.
public protocol SchemaManager: Sendable {
    /// Which database it is: one line that holds no secret.
    var place: String { get }

    /// What the database holds now. Throws when it cannot be reached or read.
    func status() async throws -> SchemaStatus

    /// The steps that ``apply(finalizing:progress:)`` would take now, in order; empty when the schema is up to date.
    /// Throws when the database cannot be reached, or must not be touched.
    func plan(finalizing: Bool) async throws -> [SchemaStep]

    /// Takes all pending steps. Of several processes one does so at a time, the others wait. What was interrupted is
    /// taken up again by the next call.
    ///
    /// - Parameters:
    ///   - finalizing: Takes the last steps of a take-over too: the program whose database it was can then no longer
    ///     use it. Without a take-over it makes no difference.
    ///   - progress: Called on a thread of the work, in order.
    func apply(finalizing: Bool, progress: @escaping @Sendable (SchemaProgress) -> Void) async throws
}

/// What a database holds.
public struct SchemaStatus: Sendable, Hashable {
    /// One line for people, such as "up to date" or "empty".
    public var summary: String
    /// The steps it has taken, in order.
    public var applied: [AppliedSchemaStep]
    /// How many steps are pending.
    public var pending: Int

    public init(summary: String, applied: [AppliedSchemaStep], pending: Int) {
        self.summary = summary
        self.applied = applied
        self.pending = pending
    }
}

/// A step that a database has taken.
public struct AppliedSchemaStep: Sendable, Hashable {
    public var version: Int64
    public var name: String
    public var appliedAt: Timestamp

    public init(version: Int64, name: String, appliedAt: Timestamp) {
        self.version = version
        self.name = name
        self.appliedAt = appliedAt
    }
}

/// A step that is to be taken.
public struct SchemaStep: Sendable, Hashable {
    /// What it is called in reports; unique within a plan.
    public var name: String
    /// One sentence: what it locks and for how long.
    public var locks: String
    /// What is run, in order.
    public var statements: [String]
    /// Whether it happens as a whole or not at all. One that does not can be run again after it stopped halfway.
    public var isTransactional: Bool

    public init(name: String, locks: String, statements: [String], isTransactional: Bool) {
        self.name = name
        self.locks = locks
        self.statements = statements
        self.isTransactional = isTransactional
    }
}

/// What happens while steps are taken.
public enum SchemaProgress: Sendable, Hashable {
    /// Nothing can be done until somebody else is done; the text says who or what.
    case waiting(String)
    case began(SchemaStep)
    case finished(SchemaStep, after: Duration)
}
