import PluginAPI

#if canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A configuration file as text.
public struct ConfigurationFile: Sendable {
    /// The largest file that is read, in bytes; configurations are a few kilobytes.
    public static let largest = 1_048_576
    /// The largest number of values after aliases are expanded: a small file can otherwise name billions.
    public static let mostNodes = 100_000
    /// The deepest nesting of lists and mappings.
    public static let deepest = 64

    /// The name that errors show.
    public let source: String
    /// The content.
    public let text: String

    /// Takes a file's content.
    public init(source: String, text: String) {
        self.source = source
        self.text = text
    }

    /// Reads a file.
    ///
    /// - Throws: ``SettingsError`` in one line: missing, not readable, not a regular file, over ``largest``, not UTF-8.
    public init(path: String) throws(SettingsError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.unreadable(path, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Self.unreadable(path, "not a regular file")
        }
        let bytes = try Self.content(of: descriptor, path: path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Self.unreadable(path, "not UTF-8 text")
        }
        self.init(source: path, text: text)
    }

    private static func content(of descriptor: CInt, path: String) throws(SettingsError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path, String(cString: strerror(errno))) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= largest else { throw unreadable(path, "larger than \(largest) bytes") }
        }
    }

    private static func unreadable(_ path: String, _ reason: String) -> SettingsError {
        SettingsError(origin: .default, path: "", message: "cannot read configuration file \"\(path)\": \(reason)")
    }

    func mark(line: Int, column: Int) -> SettingsMark {
        SettingsMark(source: source, line: line, column: column)
    }

    func error(line: Int, column: Int, _ message: String) -> SettingsError {
        SettingsError(origin: .file(mark(line: line, column: column)), path: "", message: message)
    }
}
