import PluginAPI

/// Replaces `${NAME}` and `${NAME:-default}` in a file's values by the environment; `$$` is one dollar sign.
///
/// Values are replaced after parsing, so that nothing in the environment can change the structure of a file.
struct Interpolation {
    let environment: [String: String]
    private(set) var errors: [SettingsError] = []

    init(environment: [String: String]) {
        self.environment = environment
    }

    /// The variables that a text may name, and what only looks like one.
    static func names(in text: String) -> Set<String> {
        var names: Set<String> = []
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            rest = rest[start.upperBound...]
            names.insert(String(rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }))
        }
        return names
    }

    mutating func resolve(_ node: SettingsNode, path: String) -> SettingsNode {
        var node = node
        switch node.content {
        case .scalar(let scalar):
            // What an environment variable states is taken as it is: its dollars are its own.
            guard node.origin.mark != nil, scalar.text.contains("$") else { return node }
            node.content = .scalar(resolve(scalar, at: node.origin, path: path))
        case .sequence(let items):
            node.content = .sequence(items.enumerated().map { resolve($1, path: "\(path)[\($0)]") })
        case .mapping(let entries):
            node.content = .mapping(
                entries.map { entry in
                    var entry = entry
                    entry.value = resolve(entry.value, path: path.isEmpty ? entry.key : "\(path).\(entry.key)")
                    return entry
                })
        }
        return node
    }

    /// A plugin's entry: a disabled plugin's settings may name variables that nobody set.
    mutating func resolve(plugin node: SettingsNode, path: String) -> SettingsNode {
        guard let entries = node.entries else { return resolve(node, path: path) }
        var result = node
        var head = entries.filter { $0.key != "settings" }
        for index in head.indices {
            head[index].value = resolve(head[index].value, path: "\(path).\(head[index].key)")
        }
        let isEnabled = head.first { $0.key == "enabled" }?.value.scalar?.text.lowercased()
        let isOff = ["false", "no", "off", "0"].contains(isEnabled)
        result.content = .mapping(
            entries.map { entry in
                if let done = head.first(where: { $0.key == entry.key }) { return done }
                var entry = entry
                if !isOff { entry.value = resolve(entry.value, path: "\(path).\(entry.key)") }
                return entry
            })
        return result
    }

    private mutating func resolve(_ scalar: SettingsScalar, at origin: SettingsOrigin, path: String) -> SettingsScalar {
        var result = ""
        var variables: [String] = []
        var rest = scalar.text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.hasPrefix("$") {
                result += "$"
                rest = rest.dropFirst()
            } else if rest.hasPrefix("{"), let end = rest.firstIndex(of: "}") {
                let inside = rest[rest.index(after: rest.startIndex)..<end]
                rest = rest[rest.index(after: end)...]
                guard let value = value(of: inside, at: origin, path: path, used: &variables) else { return scalar }
                result += value
            } else if rest.hasPrefix("{") {
                errors.append(SettingsError(origin: origin, path: path, message: "\"${\" without \"}\""))
                return scalar
            } else {
                result += "$"
            }
        }
        result += rest
        let isText = scalar.isQuoted || (!variables.isEmpty && !result.isEmpty)
        return SettingsScalar(result, isQuoted: isText, variables: variables)
    }

    private mutating func value(
        of inside: Substring, at origin: SettingsOrigin, path: String, used: inout [String]
    ) -> String? {
        let separator = inside.firstRange(of: ":-")
        let name = String(inside[..<(separator?.lowerBound ?? inside.endIndex)])
        let isName = name.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
        }
        guard isName, let first = name.utf8.first, !(48...57).contains(first) else {
            let message = "\"${\(name)}\" names no environment variable (write \"$$\" for a dollar sign)"
            errors.append(SettingsError(origin: origin, path: path, message: message))
            return nil
        }
        let value = environment[name]
        if let separator {
            // As in the shell: ":-" also replaces an empty value.
            guard let value, !value.isEmpty else { return String(inside[separator.upperBound...]) }
            used.append(name)
            return value
        }
        guard let value else {
            let message = "environment variable \(name) is not set (give one, or write \"${\(name):-default}\")"
            errors.append(SettingsError(origin: origin, path: path, message: message))
            return nil
        }
        used.append(name)
        return value
    }
}
