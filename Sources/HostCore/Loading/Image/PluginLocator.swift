import Glibc
import PluginAPI

/// Finds the images of plugins by name.
public struct PluginLocator: Hashable, Sendable {
    /// The directories that are searched, the first match wins.
    public let directories: [String]

    /// Searches `directories` in their order.
    public init(directories: [String] = standardDirectories) { self.directories = directories }

    /// The folder of the host's executable (a build folder), and `../lib/plugins` beside it (an installed tree).
    public static var standardDirectories: [String] {
        guard let folder = executableFolder else { return [] }
        return [folder, "\(folder)/../lib/plugins"]
    }

    /// The image of a plugin: the stated path as it is, or the first `lib<Name>.so` in the directories; where there is
    /// none, the first whose name differs in case alone, as names from the environment may.
    ///
    /// - Throws: `.notFound` with the directories and, if there is one, the existing plugin with the nearest name.
    public func path(of reference: PluginReference) throws(PluginLoadError) -> String {
        if let path = reference.path { return path }
        for directory in directories {
            let path = "\(directory)/\(reference.fileName)"
            if access(path, F_OK) == 0 { return path }
        }
        let wanted = reference.fileName.lowercased()
        for directory in directories {
            let files = Self.files(in: directory).filter { $0.lowercased() == wanted }
            if let file = files.min() { return "\(directory)/\(file)" }
        }
        let places = directories.isEmpty ? "any directory: none is configured" : directories.joined(separator: " or ")
        let hint = NearestName.hint(for: reference.name, in: available().map(\.name))
        throw PluginLoadError(.notFound, path: reference.name, "no \(reference.fileName) in \(places)\(hint)")
    }

    /// Every plugin in the directories, sorted by name; other files are passed over, and nothing is loaded. So are the
    /// fixtures of the tests, which lie in a build folder too.
    public func available() -> [PluginReference] {
        var found: [String: PluginReference] = [:]
        for directory in directories {
            for file in Self.files(in: directory) {
                guard let name = PluginReference.name(ofFile: file), found[name] == nil, !name.hasSuffix("Fixture"),
                    let reference = try? PluginReference(path: "\(directory)/\(file)"),
                    (try? PluginStamp(readingFileAt: "\(directory)/\(file)")) != nil
                else { continue }
                found[name] = reference
            }
        }
        return found.values.sorted { $0.name < $1.name }
    }

    private static var executableFolder: String? {
        let path = [CChar](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            count = buffer.baseAddress.map { max(0, readlink("/proc/self/exe", $0, buffer.count)) } ?? 0
        }
        let bytes = path.map { UInt8(bitPattern: $0) }
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
    }

    private static func files(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var files: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            files.append(name)
        }
        return files
    }
}
