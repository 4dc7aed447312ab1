import PluginAPI

extension ConfigurationFile {
    /// Refuses lists, mappings and aliases as keys in a file that has anchors.
    ///
    /// The parser compares the keys of a mapping with each other, and to compare expanded aliases may take for ever. No
    /// setting needs such keys, and without anchors the comparison is bounded by the file's size. This looks at lines,
    /// not at syntax: in a file with anchors it may also refuse a text that only looks like such a key.
    func refuseBuiltKeys() throws(SettingsError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.utf8) }
        guard lines.contains(where: hasAnchor) else { return }
        for (index, line) in lines.enumerated() {
            guard let column = builtKey(in: line) else { continue }
            throw error(line: index + 1, column: column + 1, "only plain names can be keys in a file with anchors")
        }
    }

    private func hasAnchor(_ line: [UInt8]) -> Bool {
        line.indices.contains { index in
            line[index] == UInt8(ascii: "&") && (index == 0 || isBreak(line[index - 1]))
                && index + 1 < line.count && isName(line[index + 1])
        }
    }

    /// The offset of `*alias :`, `] :`, `} :` (but not `${NAME}:`) or an explicit key's `? `.
    private func builtKey(in line: [UInt8]) -> Int? {
        var isVariable = false
        for (index, byte) in line.enumerated() {
            let rest = line[(index + 1)...]
            let follows = isBreakOrStart(line, before: index)
            switch byte {
            case UInt8(ascii: "#") where follows && !line[..<index].contains(UInt8(ascii: "\"")): return nil
            case UInt8(ascii: "{"): isVariable = index > 0 && line[index - 1] == UInt8(ascii: "$")
            case UInt8(ascii: "*") where isColon(rest.drop(while: isName)): return index
            case UInt8(ascii: "]") where isColon(rest): return index
            case UInt8(ascii: "}") where !isVariable && isColon(rest): return index
            case UInt8(ascii: "?") where follows && (rest.first.map(isBreak) ?? true): return index
            default: break
            }
        }
        return nil
    }

    private func isColon(_ rest: ArraySlice<UInt8>) -> Bool {
        rest.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } == UInt8(ascii: ":")
    }

    private func isBreakOrStart(_ line: [UInt8], before index: Int) -> Bool {
        index == 0 || isBreak(line[index - 1])
    }

    private func isBreak(_ byte: UInt8) -> Bool {
        " \t\r[{,:-".utf8.contains(byte)
    }

    private func isName(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "_-".utf8.contains(byte)
    }
}
