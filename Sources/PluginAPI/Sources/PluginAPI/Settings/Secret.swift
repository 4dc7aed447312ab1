/// Text that must not be printed by accident: interpolation, `dump` and debuggers all show `<redacted>`.
public struct Secret: Sendable, Hashable {
    /// What is shown in place of a secret.
    public static let redacted = "<redacted>"

    private let text: String

    /// Wraps a secret.
    public init(_ text: String) {
        self.text = text
    }

    /// Whether there is nothing in it.
    public var isEmpty: Bool { text.isEmpty }

    /// The secret itself; call this where it is used, and nowhere earlier.
    public func reveal() -> String { text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<redacted>`.
    public var description: String { Self.redacted }

    /// Always `<redacted>`.
    public var debugDescription: String { Self.redacted }

    /// A mirror without children, because `dump` and string reflection walk stored properties.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
