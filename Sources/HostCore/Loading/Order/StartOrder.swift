import PluginAPI

/// In which order plugins start, so that each finds what it requires.
///
/// A pure value: it loads and starts nothing. Where needs leave a choice, the order of the configuration stands.
public struct StartOrder: Hashable, Sendable {
    /// The plugins to start, first to last.
    public let names: [String]
    /// The optional plugins that stay out, in the order of the configuration.
    public let leftOut: [LeftOut]
    /// Who provides what, the host left aside.
    public let providers: [CapabilityName: String]
    /// For each plugin in `names`, the plugins that it requires something of.
    let requirements: [String: Set<String>]

    /// Of no plugin.
    static let empty = StartOrder(names: [], leftOut: [], providers: [:], requirements: [:])

    /// A plugin that is not required and cannot start.
    public struct LeftOut: Hashable, Sendable, CustomStringConvertible {
        /// The plugin.
        public let name: String
        /// Where the configuration lists it, e.g. `config/development.yaml:14`.
        public let position: String
        /// Why it stays out.
        public let reason: String

        /// `position: plugin "name" stays out: reason`
        public var description: String { "\(position): plugin \"\(name)\" stays out: \(reason)" }
    }

    /// The order of stopping: dependents before what they require.
    public var stopping: [String] { names.reversed() }

    /// The plugins that cannot run without `name`, directly or through others, in start order.
    ///
    /// Plugins that merely want something of it are not among them.
    public func dependents(of name: String) -> [String] {
        var lost: Set<String> = [name]
        var dependents: [String] = []
        // One pass is enough: a plugin stands behind everything that it requires.
        for candidate in names where candidate != name {
            guard let needs = requirements[candidate], !needs.isDisjoint(with: lost) else { continue }
            lost.insert(candidate)
            dependents.append(candidate)
        }
        return dependents
    }
}
