/// What the headers of an ELF shared object say, read from the file without loading it.
///
/// Only 64-bit little-endian images of this host's own processor are taken. Each offset and each size is checked
/// against the file, so that the dynamic linker never sees a file that ends too early: it would die of a bus error.
/// Layouts: System V ABI, "Object Files" (ELF-64).
struct ELFImage {
    struct Section: Hashable {
        var name: String
        var offset: UInt64
        var size: UInt64
    }

    /// The sections that have bytes in the file, in file order.
    let sections: [Section]

    private static let headerSize: UInt64 = 64
    private static let maximumSections: UInt64 = 4096

    /// Reads and checks the headers of `file`.
    ///
    /// - Throws: `.notSharedObject`, `.truncated` or `.otherArchitecture`.
    init(reading file: borrowing RegularFile) throws(PluginLoadError) {
        let header = try Self.header(of: file)
        try Self.checkSegments(header, in: file)
        sections = try Self.sections(header, in: file)
    }

    private static func header(of file: borrowing RegularFile) throws(PluginLoadError) -> ELFBytes {
        let path = file.path
        guard file.size > 0 else {
            throw PluginLoadError(.notSharedObject, path: path, "is empty, not a shared object")
        }
        let start = file.bytes(at: 0, count: min(4, file.size))
        guard let start, [0x7F, 0x45, 0x4C, 0x46].starts(with: start) else {
            throw PluginLoadError(.notSharedObject, path: path, "is not an ELF shared object")
        }
        guard let bytes = file.bytes(at: 0, count: headerSize) else { throw truncated(path, "inside its header") }
        let header = ELFBytes(bytes[...])
        let machine = header.integer(18, UInt16.self)
        guard bytes[4] == 2, bytes[5] == 1, machine == ELFMachine.host.rawValue else {
            let width = bytes[4] == 2 ? "64-bit" : "32-bit"
            let built = "\(ELFMachine.name(of: machine)) (\(width), \(bytes[5] == 1 ? "little" : "big") endian)"
            let host = "\(ELFMachine.name(of: ELFMachine.host.rawValue)) (64-bit, little endian)"
            throw PluginLoadError(.otherArchitecture, path: path, "is built for \(built), this host is \(host)")
        }
        guard header.integer(16, UInt16.self) == 3 else {
            throw PluginLoadError(.notSharedObject, path: path, "is an ELF file, but not a shared object")
        }
        return header
    }

    private static func checkSegments(_ header: ELFBytes, in file: borrowing RegularFile) throws(PluginLoadError) {
        let count = UInt64(header.integer(56, UInt16.self))
        let width = UInt64(header.integer(54, UInt16.self))
        guard count == 0 || width == 56 else { throw malformed(file.path, "segment") }
        guard let table = file.bytes(at: header.integer(32), count: count * 56) else {
            throw truncated(file.path, "before its segment table")
        }
        for index in 0..<Int(count) {
            let entry = ELFBytes(table[(index * 56)..<((index + 1) * 56)])
            let isLoaded = entry.integer(0, UInt32.self) == 1
            guard !isLoaded || file.contains(offset: entry.integer(8), count: entry.integer(32)) else {
                throw truncated(file.path, "inside its loadable part")
            }
        }
    }

    private static func sections(
        _ header: ELFBytes,
        in file: borrowing RegularFile
    ) throws(PluginLoadError) -> [Section] {
        let offset = header.integer(40, UInt64.self)
        let count = UInt64(header.integer(60, UInt16.self))
        guard offset != 0, count != 0 else { return [] }
        let width = header.integer(58, UInt16.self)
        guard width == 64, count <= maximumSections else { throw malformed(file.path, "section") }
        guard let table = file.bytes(at: offset, count: count * 64) else {
            throw truncated(file.path, "behind its loadable part, before its section table")
        }
        let entries = (0..<Int(count)).map { ELFBytes(table[($0 * 64)..<(($0 + 1) * 64)]) }
        let namesIndex = Int(header.integer(62, UInt16.self))
        guard namesIndex < entries.count else { throw malformed(file.path, "section") }
        let names = try contents(of: entries[namesIndex], in: file)

        var sections: [Section] = []
        for entry in entries {
            let kind = entry.integer(4, UInt32.self)
            if kind == 0 || kind == 8 { continue }  // SHT_NULL and SHT_NOBITS have no bytes in the file
            let section = Section(
                name: names.text(Int(entry.integer(0, UInt32.self))) ?? "",
                offset: entry.integer(24),
                size: entry.integer(32)
            )
            guard file.contains(offset: section.offset, count: section.size) else {
                throw truncated(file.path, "behind its loadable part")
            }
            sections.append(section)
        }
        return sections
    }

    private static func contents(
        of entry: ELFBytes,
        in file: borrowing RegularFile
    ) throws(PluginLoadError) -> ELFBytes {
        let size = entry.integer(32, UInt64.self)
        guard size <= RegularFile.maximumRead else { throw malformed(file.path, "section name") }
        guard let bytes = file.bytes(at: entry.integer(24), count: size) else {
            throw truncated(file.path, "behind its loadable part")
        }
        return ELFBytes(bytes[...])
    }

    private static func truncated(_ path: String, _ place: String) -> PluginLoadError {
        PluginLoadError(.truncated, path: path, "is cut short: the file ends \(place); copy it again")
    }

    private static func malformed(_ path: String, _ table: String) -> PluginLoadError {
        PluginLoadError(.notSharedObject, path: path, "is not an ELF shared object: its \(table) table is malformed")
    }
}
