import Synchronization

/// A capability that may come and go while the plugin runs; see ``PluginContext/follow(_:changed:)``.
public final class Followed<Value: Sendable>: Sendable {
    private let state: Mutex<(value: Value?, generation: Int)>

    /// A value that stays, for tests; and the beginning of one that changes.
    public init(_ value: Value? = nil) { state = Mutex((value, 0)) }

    /// The value now; nil while no plugin provides it. Ask each time: what was here before may have been stopped.
    public var value: Value? { state.withLock { $0.value } }

    /// The value now with a number that is another one whenever the value is: what was told to one provider is not known
    /// to the next.
    public var current: (value: Value?, generation: Int) { state.withLock { $0 } }

    func set(_ value: Value?) { state.withLock { $0 = (value, $0.generation + 1) } }
}
