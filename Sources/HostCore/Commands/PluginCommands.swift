import PluginAPI

/// The verbs that the plugins of a configuration bring, those of disabled ones too.
public struct PluginCommands: Sendable {
    /// A word of the command line, put together from what the plugins bring under it.
    struct Word: Sendable {
        var name: String
        /// What it does by itself; nil: it only has words below it.
        var command: (plugin: String, value: PluginCommand)?
        var summary: String
        var discussion: String
        var below: [Word]
        var plugins: [String]
    }

    let verbs: [Word]
    /// Plugins whose verbs are not known, each with the reason, and verbs that two plugins want.
    public let problems: [String]

    /// Opens the images of the listed plugins, and makes nothing of them.
    public init(_ configuration: EffectiveConfiguration) {
        let loader = configuration.host.loader
        var brought: [(plugin: String, command: PluginCommand)] = []
        var problems: [String] = []
        for plugin in configuration.host.plugins {
            do {
                let image = try loader.load(plugin.reference)
                guard let factory = image.factory as? any CommandProviding else { continue }
                brought += factory.commands.map { (image.descriptor.name, $0) }
            } catch {
                problems.append("\(error)")
            }
        }
        self.init(brought, problems: problems)
    }

    init(_ brought: [(plugin: String, command: PluginCommand)], problems: [String] = []) {
        var problems = problems
        verbs = Self.merge(brought, path: [], &problems)
        self.problems = problems
    }

    private static func merge(
        _ brought: [(plugin: String, command: PluginCommand)], path: [String], _ problems: inout [String]
    ) -> [Word] {
        var words: [Word] = []
        for name in brought.map(\.command.name).uniqued() {
            let all = brought.filter { $0.command.name == name }
            let running = all.filter { $0.command.run != nil }
            let path = path + [name]
            guard let first = running.first ?? all.first else { continue }
            for other in running.dropFirst() {
                problems.append(
                    "\"\(path.joined(separator: " "))\" of plugin \(other.plugin) cannot be used: plugin "
                        + "\(first.plugin) has it")
            }
            let below = all.flatMap { brought in brought.command.subcommands.map { (brought.plugin, $0) } }
            words.append(
                Word(
                    name: name, command: running.first.map { ($0.plugin, $0.command) }, summary: first.command.summary,
                    discussion: first.command.discussion, below: merge(below, path: path, &problems),
                    plugins: all.map(\.plugin).uniqued()))
        }
        return words
    }

    /// Each verb with its plugins and its line, for lists.
    public var list: [(name: String, plugins: [String], summary: String)] {
        verbs.map { ($0.name, $0.plugins, $0.summary) }
    }
}

extension Sequence where Element: Hashable {
    /// Each element once, in the order of the first ones.
    fileprivate func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
