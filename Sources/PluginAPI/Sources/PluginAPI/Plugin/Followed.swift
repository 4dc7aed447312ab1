import Synchronization

/// A capability that may come and go while the plugin runs; see ``PluginContext/follow(_:changed:)``.
public final class Followed<Value: Sendable>: Sendable {
    /// A value with a number that is another one whenever the value is: what was told to one provider is not known to the
    /// next.
    public struct Current: Sendable {
        /// The value; nil while no plugin provides it.
        public let value: Value?
        /// The number.
        public let generation: Int

        @usableFromInline
        init(value: Value?, generation: Int) {
            self.value = value
            self.generation = generation
        }
    }

    @usableFromInline
    let state: Mutex<Current>

    /// A value that stays, for tests; and the beginning of one that changes.
    public init(_ value: Value? = nil) { state = Mutex(Current(value: value, generation: 0)) }

    /// The value now; nil while no plugin provides it. Ask each time: what was here before may have been stopped.
    @inlinable
    public var value: Value? { state.withLock { $0.value } }

    /// The value now, with its number.
    @inlinable
    public var current: Current { state.withLock { $0 } }

    func set(_ value: Value?) { state.withLock { $0 = Current(value: value, generation: $0.generation + 1) } }
}
