/// The id of an `Entity`: opaque text that cannot be taken for the id of something else.
///
/// Any text is accepted; formats differ with the age and maker of a row, see ``IDGenerator`` for new ones.
public struct Identifier<Entity>: RawRepresentable, Sendable, Hashable {
    /// The text as stored and sent.
    public let rawValue: String

    /// Makes an id of this text.
    @inlinable
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Makes an id of this text.
    @inlinable
    public init(_ text: String) {
        rawValue = text
    }
}

extension Identifier: Comparable {
    /// Whether the left text sorts before the right one.
    @inlinable
    public static func < (lhs: Identifier, rhs: Identifier) -> Bool {
        lhs.rawValue < rhs.rawValue
    }
}

extension Identifier: CustomStringConvertible {
    /// The text itself.
    @inlinable
    public var description: String { rawValue }
}

extension Identifier: ExpressibleByStringLiteral {
    /// Makes an id of this text.
    @inlinable
    public init(stringLiteral value: String) {
        self.init(value)
    }
}
