extension Settings {
    /// A group of settings; a group that is not stated reads as all its defaults.
    public func section(_ key: String) throws(SettingsError) -> Settings {
        let stated = try optionalSection(key)
        return stated ?? Settings(nil, schema: groupSchema(key), path: Self.join(path, key))
    }

    /// A group of settings, or `nil` when it is not stated.
    public func optionalSection(_ key: String) throws(SettingsError) -> Settings? {
        guard let value = try stated(key) else { return nil }
        guard value.node.entries != nil else { throw value.unexpected("a mapping") }
        return Settings(value.node, schema: groupSchema(key), path: value.path)
    }

    /// A list of groups; none when it is not stated.
    public func sections(_ key: String) throws(SettingsError) -> [Settings] {
        guard let value = try stated(key) else { return [] }
        guard let items = value.node.items else { throw value.unexpected("a list") }
        var groups: [Settings] = []
        for (index, item) in items.enumerated() {
            let path = "\(value.path)[\(index)]"
            guard item.entries != nil else {
                throw SettingValue(node: item, path: path, isSecret: false).unexpected("a mapping")
            }
            groups.append(Settings(item, schema: groupSchema(key), path: path))
        }
        return groups
    }

    private func groupSchema(_ key: String) -> SettingsSchema? {
        switch schema?[key]?.kind {
        case .section(let schema), .sections(let schema): schema
        default: nil
        }
    }
}
