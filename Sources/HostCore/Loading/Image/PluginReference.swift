/// Which plugin the configuration means: by name, or by the path of its image.
public struct PluginReference: Hashable, Sendable {
    /// The plugin's name, e.g. `SocketIO`; its image is called `libSocketIO.so`.
    public let name: String
    /// The image's path when the configuration states one; otherwise the plugin directories are searched.
    public let path: String?

    /// A plugin to be searched for.
    ///
    /// - Throws: `.badReference` for what cannot be a name: a letter, then at most 63 letters, digits and underscores.
    public init(name: String) throws(PluginLoadError) {
        try Self.check(name, of: name)
        self.name = name
        path = nil
    }

    /// A plugin at a known place; its name is the file's, without `lib` and `.so`.
    ///
    /// - Throws: `.badReference` when the file is not called `lib<Name>.so`.
    public init(path: String) throws(PluginLoadError) {
        let file = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard let name = Self.name(ofFile: file), !path.utf8.contains(0) else {
            throw PluginLoadError(.badReference, path: path, "a plugin's file is called lib<Name>.so")
        }
        try Self.check(name, of: path)
        self.name = name
        // Without a slash the dynamic linker would search its own path instead of the working directory.
        self.path = path.contains("/") ? path : "./\(path)"
    }

    /// The file name of the image.
    public var fileName: String { "lib\(name).so" }

    /// The C function that hands over the plugin's factory; one for each plugin, so that two can lie in one image.
    public var entrySymbol: String { "replyhq_plugin_\(name.lowercased())" }

    /// `Rest` for `libRest.so`, nil for every other form.
    static func name(ofFile file: some StringProtocol) -> String? {
        guard file.hasPrefix("lib"), file.hasSuffix(".so"), file.count > 6 else { return nil }
        return String(file.dropFirst(3).dropLast(3))
    }

    private static func check(_ name: String, of reference: String) throws(PluginLoadError) {
        let isName =
            name.utf8.count <= 64 && name.utf8.first.map(isLetter) == true
            && name.utf8.allSatisfy { isLetter($0) || (48...57).contains($0) || $0 == 95 }
        guard isName else {
            let rule = "is not a plugin's name: a letter, then letters, digits and underscores, at most 64"
            throw PluginLoadError(.badReference, path: reference, name == reference ? rule : "\"\(name)\" \(rule)")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte & 0xDF) }
}
