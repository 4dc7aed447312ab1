import PluginAPI

/// Why a set of plugins cannot start; its description is one line.
public enum StartOrderProblem: Hashable, Sendable, CustomStringConvertible {
    /// Two entries have one name.
    case listedTwice(StartEntry, StartEntry)
    /// A required plugin did not load.
    case failed(StartEntry, reason: String)
    /// A required plugin lacks a capability; `reason` says why nobody provides it.
    case missing(StartEntry, CapabilityName, reason: String)
    /// Two plugins, or the host (nil) and a plugin, provide one capability.
    case providedTwice(CapabilityName, StartEntry?, StartEntry)
    /// Plugins that require each other in a ring; the last link leads back to the first plugin.
    case cycle([Link])

    /// One plugin in a ring and the capability that it requires of the next one.
    public struct Link: Hashable, Sendable {
        /// The plugin.
        public let entry: StartEntry
        /// What it requires of the next plugin in the ring.
        public let capability: CapabilityName
    }

    /// The problem with the plugins' names and the lines that list them.
    public var description: String {
        switch self {
        case .listedTwice(let first, let second):
            "\(second.position): plugin \"\(second.name)\" is listed already at \(first.position)"
        case .failed(let entry, let reason):
            "\(entry.position): plugin \"\(entry.name)\" is required and did not load: \(reason)"
        case .missing(let entry, let capability, let reason):
            "\(entry.position): plugin \"\(entry.name)\" requires \"\(capability)\", \(reason)"
        case .providedTwice(let capability, let first, let second):
            "\(second.position): plugin \"\(second.name)\" provides \"\(capability)\", which "
                + (first.map { "\"\($0.name)\" at \($0.position)" } ?? "the host") + " provides already; disable one"
        case .cycle(let links):
            Self.describe(links)
        }
    }

    private static func describe(_ links: [Link]) -> String {
        guard let first = links.first else { return "plugins require each other" }
        let steps = links.map { "\"\($0.entry.name)\" (\($0.entry.position)) requires \"\($0.capability)\" of " }
        return "\(first.entry.position): plugins require each other: \(steps.joined())\"\(first.entry.name)\""
    }
}

/// Everything that keeps a set of plugins from starting.
public struct StartOrderError: Error, Hashable, Sendable, CustomStringConvertible {
    /// All problems, in the order of the configuration within each kind; never empty.
    public let problems: [StartOrderProblem]

    /// One problem on each line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
