import PluginAPI
import Synchronization

/// What running plugins offer each other, by name, each value tagged with its owner.
final class CapabilityRegistry: Sendable {
    private struct Entry: Sendable {
        var value: any Sendable
        var owner: String
    }

    private let entries = Mutex<[CapabilityName: Entry]>([:])

    /// Throws ``PluginContextError`` if another plugin provides the capability.
    func provide(_ value: any Sendable, as name: CapabilityName, by owner: String) throws {
        try entries.withLock { entries in
            if let existing = entries[name] {
                throw PluginContextError(
                    "plugin \(owner) provides the capability \"\(name)\", which plugin \(existing.owner) provides already"
                )
            }
            entries[name] = Entry(value: value, owner: owner)
        }
    }

    func value(of name: CapabilityName) -> (any Sendable)? {
        entries.withLock { $0[name]?.value }
    }

    func value<Value>(of capability: Capability<Value>) -> Value? {
        value(of: capability.name) as? Value
    }

    func owner(of name: CapabilityName) -> String? {
        entries.withLock { $0[name]?.owner }
    }

    func removeAll(owner: String) {
        entries.withLock { entries in
            entries = entries.filter { $0.value.owner != owner }
        }
    }
}
