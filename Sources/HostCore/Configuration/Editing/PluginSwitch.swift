import PluginAPI
import Yams

/// Turns one plugin on or off in the text of a configuration file, and leaves every other character as it is.
struct PluginSwitch {
    let file: ConfigurationFile
    let plugin: String
    let isEnabled: Bool

    /// The file with the edit; nil if it says so already.
    ///
    /// - Throws: ``SettingsError`` or ``CommandFailure`` saying what cannot be edited.
    func edited() throws -> ConfigurationFile? {
        let root = try file.parse()
        let entries = root["plugins"]?.items ?? []
        guard let index = entries.firstIndex(where: { $0.pluginName?.lowercased() == plugin.lowercased() }) else {
            let hint = NearestName.hint(for: plugin, in: entries.compactMap(\.pluginName))
            throw CommandFailure.unusable("\(file.source) lists no plugin \"\(plugin)\"\(hint)")
        }
        let stated = entries[index]["enabled"]
        if let stated, !stated.isNull {
            guard let text = stated.scalar?.text, let value = Self.truth(text) else {
                throw CommandFailure.unusable(
                    "\(stated.origin): enabled is no plain true or false, so it is left to you")
            }
            if value == isEnabled { return nil }
        } else if isEnabled {
            return nil
        }
        let composed = try Yams.Parser(yaml: file.text, encoding: .utf8).singleRoot()
        // By its text: a key in quotes is another node than one without.
        let list = composed?.mapping?.first { $0.key.scalar?.string == "plugins" }?.value.sequence
        guard let list, list.indices.contains(index), let mapping = list[index].mapping,
            let text = text(editing: mapping)
        else {
            throw CommandFailure.unusable("\(entries[index].origin): the entry has a form that is left to you")
        }
        let result = ConfigurationFile(source: file.source, text: text)
        guard let after = try? result.parse(), root.differs(from: after, onlyIn: index, isEnabled) else {
            throw CommandFailure.unusable("\(entries[index].origin): the entry has a form that is left to you")
        }
        return result
    }

    private static func truth(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }

    private func text(editing mapping: Yams.Node.Mapping) -> String? {
        let own = mapping.compactMap { key, value in key.scalar.map { (key: $0, value: value) } }
        if let entry = own.first(where: { $0.key.string == "enabled" }) {
            return entry.value.scalar.flatMap { text(replacing: $0, of: entry.key) }
        }
        // The parser does not tell the style of a mapping.
        let scalars = file.text.unicodeScalars
        if let start = place(mapping.mark), start < scalars.endIndex, scalars[start] == "{" {
            guard let first = own.first?.key, let spot = place(first.mark) else { return nil }
            let key = first.style == .doubleQuoted ? "\"enabled\"" : "enabled"
            return inserting("\(key): \(isEnabled), ", at: spot)
        }
        let head = own.first { ["name", "path"].contains($0.key.string) && $0.value.scalar?.isOnOneLine == true }
        guard let key = head?.key.mark ?? own.first?.key.mark, let spot = place(key) else { return nil }
        let indent = String(repeating: " ", count: key.column - 1)
        guard head != nil else { return inserting("enabled: \(isEnabled)\(lineEnd)\(indent)", at: spot) }
        var end = scalars[spot...].firstIndex { $0 == "\n" } ?? scalars.endIndex
        if end > spot, scalars[scalars.index(before: end)] == "\r" { end = scalars.index(before: end) }
        return inserting("\(lineEnd)\(indent)enabled: \(isEnabled)", at: end)
    }

    private func text(replacing value: Yams.Node.Scalar, of key: Yams.Node.Scalar) -> String? {
        let scalars = file.text.unicodeScalars
        if value.string.isEmpty, value.style == .plain || value.style == .any {
            guard let start = place(key.mark), let colon = scalars[start...].firstIndex(of: ":") else { return nil }
            return inserting(" \(isEnabled)", at: scalars.index(after: colon))
        }
        guard let start = place(value.mark) else { return nil }
        let quote = value.style == .doubleQuoted ? "\"" : value.style == .singleQuoted ? "'" : ""
        let written = (quote + value.string + quote).unicodeScalars
        guard scalars[start...].starts(with: written) else { return nil }
        let end = scalars.index(start, offsetBy: written.count)
        return String(scalars[..<start]) + "\(isEnabled)" + String(scalars[end...])
    }

    private func inserting(_ text: String, at place: String.Index) -> String {
        String(file.text.unicodeScalars[..<place]) + text + String(file.text.unicodeScalars[place...])
    }

    private var lineEnd: String { file.text.unicodeScalars.contains("\r") ? "\r\n" : "\n" }

    /// Marks count lines and characters from 1.
    private func place(_ mark: Yams.Mark?) -> String.Index? {
        guard let mark else { return nil }
        let scalars = file.text.unicodeScalars
        var start = scalars.startIndex
        for _ in 1..<max(1, mark.line) {
            guard let end = scalars[start...].firstIndex(of: "\n") else { return nil }
            start = scalars.index(after: end)
        }
        return scalars.index(start, offsetBy: mark.column - 1, limitedBy: scalars.endIndex)
    }
}

extension Yams.Node.Scalar {
    fileprivate var isOnOneLine: Bool {
        switch style {
        case .literal, .folded: false
        default: !string.contains(where: \.isNewline)
        }
    }
}

extension SettingsNode {
    /// Whether the other file is this one but for one plugin that is turned on or off.
    fileprivate func differs(from other: SettingsNode, onlyIn index: Int, _ isEnabled: Bool) -> Bool {
        guard var left = entries, var right = other.entries,
            let leftPlace = left.firstIndex(where: { $0.key == "plugins" }),
            let rightPlace = right.firstIndex(where: { $0.key == "plugins" }),
            var old = left[leftPlace].value.items, var new = right[rightPlace].value.items,
            old.indices.contains(index), new.indices.contains(index),
            new[index]["enabled"]?.scalar?.text == "\(isEnabled)"
        else { return false }
        old[index].content = .mapping((old[index].entries ?? []).filter { $0.key != "enabled" })
        new[index].content = .mapping((new[index].entries ?? []).filter { $0.key != "enabled" })
        left[leftPlace].value.content = .sequence(old)
        right[rightPlace].value.content = .sequence(new)
        return SettingsNode(.mapping(left), origin: origin).says(SettingsNode(.mapping(right), origin: origin))
    }
}
