import PluginAPI

extension PluginCatalogue {
    /// One aligned line for each plugin.
    public var table: String {
        let rows = entries.map { entry -> [String] in
            guard case .success(let image) = entry.image else { return [entry.name, "-", status(of: entry), ""] }
            return [entry.name, image.descriptor.version, status(of: entry), image.descriptor.summary]
        }
        let header = ["PLUGIN", "VERSION", "STATUS", "SUMMARY"]
        let widths = (0..<3).map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        let lines = ([header] + rows).map { row in
            let cells = (0..<3).map { row[$0].padded(to: widths[$0]) } + [row[3]]
            return cells.joined(separator: "  ").trimmedEnd
        }
        let verbs = entries.filter { $0.configuration != nil }.flatMap { entry in
            entry.commands.map { "  replyhq \($0.name)  \($0.summary) (\(entry.name))" }
        }
        let server = live.map { ["", "States are those of process \($0.pid)."] } ?? []
        return (lines + (verbs.isEmpty ? [] : ["", "Commands of plugins:"] + verbs) + server).joined(separator: "\n")
    }

    /// What the configuration says, and where a server runs, how the plugin is there.
    private func status(of entry: Entry) -> String {
        guard let live, case .success = entry.image else { return entry.status }
        let isEnabled = entry.configuration?.isEnabled == true
        guard let report = live[entry.name] else { return isEnabled ? "enabled, not running" : entry.status }
        let state = report.reason.map { "\(report.state): \($0)" } ?? report.state
        return isEnabled ? state : "\(entry.status), still \(state)"
    }

    public var json: String {
        JSONValue.array(entries.map { .object(object($0)) }).description
    }

    /// Everything about one plugin. Throws ``PluginLoadError`` if it cannot be loaded or is not there.
    public func inspect(_ name: String, json: Bool) throws -> String {
        guard let entry = entries.first(where: { $0.name.lowercased() == name.lowercased() }) else {
            let hint = NearestName.hint(for: name, in: entries.map(\.name))
            throw PluginLoadError(.notFound, path: name, "there is no such plugin\(hint)")
        }
        let image = try entry.image.get()
        if json { return JSONValue.object(object(entry)).description }
        let descriptor = image.descriptor
        func list(_ names: [CapabilityName]) -> String {
            names.isEmpty ? "-" : names.map(\.description).joined(separator: ", ")
        }
        let facts = [
            "\(descriptor.name) \(descriptor.version) (\(status(of: entry)))", descriptor.summary, "",
            "  file      \(image.path)",
            "  built     \(image.stamp.compiler), \(image.stamp.buildMode)",
            "  provides  \(list(descriptor.provides))",
            "  requires  \(list(descriptor.requires))",
            "  wants     \(list(descriptor.wants))",
            "  follows   \(list(descriptor.follows))",
        ]
        let width = descriptor.settings.keys.map(\.name.count).max() ?? 0
        let keys = descriptor.settings.keys.map { key in
            let value = key.isSecret ? "secret" : key.defaultText.map { "default \($0)" } ?? "no default"
            return "  \(key.name.padded(to: width))  \(key.summary) (\(value))"
        }
        let verbs = entry.commands.map { "  replyhq \($0.name)  \($0.summary)" }
        return
            (facts + (keys.isEmpty ? [] : ["", "Settings:"] + keys) + (verbs.isEmpty ? [] : ["", "Commands:"] + verbs))
            .joined(separator: "\n")
    }

    private func object(_ entry: Entry) -> JSONObject {
        var object: JSONObject = ["name": .string(entry.name), "status": .string(entry.status)]
        if let live {
            object["state"] = live[entry.name].map { .string($0.state) } ?? .null
            object["reason"] = live[entry.name]?.reason.map { .string($0) }
            object["since"] = live[entry.name]?.since.map { .string($0) }
        }
        guard case .success(let image) = entry.image else { return object }
        let descriptor = image.descriptor
        func list(_ names: [CapabilityName]) -> JSONValue { .array(names.map { .string($0.rawValue) }) }
        object["version"] = .string(descriptor.version)
        object["summary"] = .string(descriptor.summary)
        object["path"] = .string(image.path)
        object["provides"] = list(descriptor.provides)
        object["requires"] = list(descriptor.requires)
        object["wants"] = list(descriptor.wants)
        object["follows"] = list(descriptor.follows)
        object["commands"] = .array(
            entry.commands.map { .object(["name": .string($0.name), "summary": .string($0.summary)]) })
        object["settings"] = .array(
            descriptor.settings.keys.map { key in
                .object([
                    "name": .string(key.name),
                    "summary": .string(key.summary),
                    "default": key.defaultText.map { .string($0) } ?? .null,
                    "secret": .bool(key.isSecret),
                ])
            })
        return object
    }
}

extension String {
    var trimmedEnd: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

extension PluginCatalogue.Entry {
    /// The verbs that the plugin brings.
    fileprivate var commands: [PluginCommand] {
        guard case .success(let image) = image else { return [] }
        return (image.factory as? any CommandProviding)?.commands ?? []
    }
}
