import NIOConcurrencyHelpers
import PluginAPI
import Synchronization

/// What running plugins offer each other, by name, each value tagged with its owner, and who wants to know of changes.
final class CapabilityRegistry: Sendable {
    typealias Observer = @Sendable ((any Sendable)?) -> Void

    private struct Entry: Sendable {
        var value: any Sendable
        var owner: String
    }

    private struct Following: Sendable {
        var name: CapabilityName
        var owner: String
        var changed: Observer
    }

    private struct State {
        var entries: [CapabilityName: Entry] = [:]
        var followings: [Following] = []
    }

    private let state = Mutex(State())
    /// Observers are told one after the other, in the order of the changes.
    private let telling = NIOLock()

    /// Throws ``PluginContextError`` if another plugin provides the capability.
    func provide(_ value: any Sendable, as name: CapabilityName, by owner: String) throws {
        try telling.withLock {
            let observers = try state.withLock { state in
                if let existing = state.entries[name] {
                    throw PluginContextError(
                        "plugin \(owner) provides the capability \"\(name)\", which plugin \(existing.owner) provides "
                            + "already")
                }
                state.entries[name] = Entry(value: value, owner: owner)
                return state.followings.filter { $0.name == name }.map(\.changed)
            }
            for observer in observers { observer(value) }
        }
    }

    func value(of name: CapabilityName) -> (any Sendable)? {
        state.withLock { $0.entries[name]?.value }
    }

    func value<Value>(of capability: Capability<Value>) -> Value? {
        value(of: capability.name) as? Value
    }

    func owner(of name: CapabilityName) -> String? {
        state.withLock { $0.entries[name]?.owner }
    }

    /// Calls the observer with the value now and with each later one.
    func observe(_ name: CapabilityName, by owner: String, _ changed: @escaping Observer) {
        telling.withLock {
            let value = state.withLock { state in
                state.followings.append(Following(name: name, owner: owner, changed: changed))
                return state.entries[name]?.value
            }
            changed(value)
        }
    }

    /// Takes back what a plugin provides, and tells those who follow it; the plugin itself hears nothing more.
    func removeAll(owner: String) {
        telling.withLock {
            let observers = state.withLock { state in
                state.followings.removeAll { $0.owner == owner }
                let gone = state.entries.filter { $0.value.owner == owner }
                for name in gone.keys { state.entries[name] = nil }
                return state.followings.filter { gone[$0.name] != nil }.map(\.changed)
            }
            for observer in observers { observer(nil) }
        }
    }
}
