import PluginAPI
import Yams

extension ConfigurationFile {
    /// The file's values with their places; JSON is read as the YAML that it is.
    ///
    /// - Returns: A mapping; an empty one for an empty file.
    /// - Throws: ``SettingsError`` for syntax errors (with an excerpt), duplicate keys, too much content.
    public func parse() throws(SettingsError) -> SettingsNode {
        try refuseBuiltKeys()
        guard let root = try composed() else { return empty }
        var conversion = NodeConversion(file: self)
        let node = try conversion.convert(root)
        if node.isNull { return empty }
        guard node.entries != nil else {
            throw SettingsError(origin: node.origin, path: "", message: "expected a mapping of settings at the top")
        }
        return node
    }

    private var empty: SettingsNode {
        SettingsNode(.mapping([]), origin: .file(mark(line: 1, column: 1)))
    }

    private func composed() throws(SettingsError) -> Yams.Node? {
        do {
            return try Yams.Parser(yaml: text, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw syntaxError(error)
        } catch {
            throw self.error(line: 1, column: 1, "\(error)")
        }
    }
}

/// Turns the parser's tree into ours, counting every value on the way.
private struct NodeConversion {
    let file: ConfigurationFile
    private var count = 0

    init(file: ConfigurationFile) {
        self.file = file
    }

    mutating func convert(_ node: Yams.Node, depth: Int = 0) throws(SettingsError) -> SettingsNode {
        let place = SettingsOrigin.file(file.mark(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1))
        count += 1
        guard count <= ConfigurationFile.mostNodes else {
            throw failure(place, "more than \(ConfigurationFile.mostNodes) values (are aliases nested in aliases?)")
        }
        guard depth <= ConfigurationFile.deepest else {
            throw failure(place, "nested deeper than \(ConfigurationFile.deepest) levels")
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            return SettingsNode(.scalar(SettingsScalar(scalar.string, isQuoted: !isPlain)), origin: place)
        case .sequence(let sequence):
            var items: [SettingsNode] = []
            for item in sequence { items.append(try convert(item, depth: depth + 1)) }
            return SettingsNode(.sequence(items), origin: place)
        case .mapping(let mapping):
            return SettingsNode(.mapping(try entries(of: mapping, depth: depth + 1)), origin: place)
        case .alias:
            throw failure(place, "an alias without its anchor")
        }
    }

    /// The entries in order; those of a `<<: *base` come last and yield to the mapping's own.
    private mutating func entries(of mapping: Yams.Node.Mapping, depth: Int) throws(SettingsError) -> [SettingsEntry] {
        var entries: [SettingsEntry] = []
        var merged: [SettingsEntry] = []
        for (key, value) in mapping {
            let place = SettingsOrigin.file(file.mark(line: key.mark?.line ?? 1, column: key.mark?.column ?? 1))
            guard case .scalar(let name) = key else { throw failure(place, "expected a plain name as the key") }
            let node = try convert(value, depth: depth)
            if name.string == "<<", name.style == .plain {
                for base in node.items ?? [node] {
                    guard let more = base.entries else { throw failure(place, "expected a mapping after \"<<\"") }
                    merged += more
                }
            } else if entries.contains(where: { $0.key == name.string }) {
                throw failure(place, "duplicate key \"\(name.string)\"")
            } else {
                entries.append(SettingsEntry(name.string, node, origin: place))
            }
        }
        for entry in merged where !entries.contains(where: { $0.key == entry.key }) { entries.append(entry) }
        return entries
    }

    private func failure(_ origin: SettingsOrigin, _ message: String) -> SettingsError {
        SettingsError(origin: origin, path: "", message: message)
    }
}
