import CPluginHost

extension PluginStamp {
    /// The section that carries the stamp; see Plugins/Stamp.
    static let sectionName = ".replyhq_stamp"
    private static let magic: UInt64 = 0x5250_4C59_4851_3031  // REPLYHQ_STAMP_MAGIC
    private static let fixedPart = 16

    /// Reads the stamp of the plugin at `path` without loading it: no relocation, no constructor, no Swift code runs.
    ///
    /// No file can make it trap. It reads the headers and the stamp, at most some hundred kilobytes.
    /// - Throws: every code from `.notFound` to `.notAPlugin`.
    public init(readingFileAt path: String) throws(PluginLoadError) {
        let file = try RegularFile(path: path)
        let image = try ELFImage(reading: file)
        guard let section = image.sections.first(where: { $0.name == Self.sectionName }) else {
            throw PluginLoadError(.notAPlugin, path: path, "is not a ReplyHQ plugin: it carries no plugin stamp")
        }
        guard let bytes = file.bytes(at: section.offset, count: section.size), let stamp = Self(bytes: bytes) else {
            throw PluginLoadError(.notAPlugin, path: path, "is not a ReplyHQ plugin: its plugin stamp is malformed")
        }
        self = stamp
    }

    /// Reads a stamp from a section's bytes; nil when they do not begin with one.
    init?(bytes: [UInt8]) {
        guard bytes.count >= Self.fixedPart else { return nil }
        let fixed = ELFBytes(bytes[...])
        guard fixed.integer(0, UInt64.self) == Self.magic else { return nil }
        let size = fixed.integer(8, UInt32.self)
        let known = MemoryLayout<replyhq_plugin_stamp>.size
        guard size == known, bytes.count >= known else {
            self.init(structSize: size, apiVersion: fixed.integer(12))
            return
        }
        self.init(bytes.withUnsafeBytes { $0.loadUnaligned(as: replyhq_plugin_stamp.self) })
    }
}
