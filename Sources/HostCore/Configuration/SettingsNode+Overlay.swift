import PluginAPI

extension SettingsNode {
    /// Replaces or adds the value at a path of keys, making mappings on the way.
    ///
    /// - Returns: The place of the value that it replaced, if there was one.
    @discardableResult
    mutating func set(_ path: some Collection<String>, to text: String, from variable: String) -> SettingsOrigin? {
        let origin = SettingsOrigin.environment(variable)
        guard let key = path.first else {
            let replaced = isNull ? nil : self.origin
            self = SettingsNode(text: text, origin: origin)
            return replaced
        }
        var entries = self.entries ?? []
        let rest = path.dropFirst()
        guard let index = entries.firstIndex(where: { $0.key == key }) else {
            var value = SettingsNode(.mapping([]), origin: origin)
            value.set(rest, to: text, from: variable)
            entries.append(SettingsEntry(key, value, origin: origin))
            content = .mapping(entries)
            return nil
        }
        if !rest.isEmpty, entries[index].value.entries == nil {
            entries[index].value = SettingsNode(.mapping([]), origin: origin)
        }
        let replaced = entries[index].value.set(rest, to: text, from: variable)
        content = .mapping(entries)
        return replaced
    }

    /// The name of a plugin's entry: stated, or else that of its file without `lib` and `.so`.
    var pluginName: String? {
        if let name = self["name"]?.scalar, !name.isNull { return name.text }
        guard let path = self["path"]?.scalar, !path.isNull else { return nil }
        var name = path.text.split(separator: "/").last ?? ""
        if name.hasSuffix(".so") { name = name.dropLast(3) }
        if name.hasPrefix("lib") { name = name.dropFirst(3) }
        return name.isEmpty ? nil : String(name)
    }

    /// The index of a plugin in the list `plugins`, by name as an environment variable can write it.
    func pluginIndex(_ name: String) -> Int? {
        let wanted = Self.variableForm(name)
        return self["plugins"]?.items?.firstIndex { $0.pluginName.map(Self.variableForm) == wanted }
    }

    /// Changes one plugin's entry.
    mutating func withPlugin<Result>(at index: Int, _ change: (inout SettingsNode) -> Result) -> Result? {
        guard var entries, let place = entries.firstIndex(where: { $0.key == "plugins" }),
            var items = entries[place].value.items, items.indices.contains(index)
        else { return nil }
        let result = change(&items[index])
        entries[place].value.content = .sequence(items)
        content = .mapping(entries)
        return result
    }

    /// Adds a plugin at the end of the list.
    mutating func addPlugin(_ name: String, from variable: String) {
        let origin = SettingsOrigin.environment(variable)
        var plugin = SettingsNode(.mapping([]), origin: origin)
        plugin.set(["name"], to: name, from: variable)
        var entries = self.entries ?? []
        if let place = entries.firstIndex(where: { $0.key == "plugins" }) {
            entries[place].value.content = .sequence((entries[place].value.items ?? []) + [plugin])
        } else {
            let list = SettingsNode(.sequence([plugin]), origin: origin)
            entries.append(SettingsEntry("plugins", list, origin: origin))
        }
        content = .mapping(entries)
    }

    /// Lower case, with `_` for what a variable's name cannot hold.
    static func variableForm(_ name: String) -> String {
        String(name.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }
}
