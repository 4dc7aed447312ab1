import Glibc

/// A regular file opened for reading, of which only ranges inside its size can be read.
///
/// It reads instead of mapping: a mapped file that somebody shortens meanwhile would end the process with a bus error.
struct RegularFile: ~Copyable {
    /// The most that one read returns; the tables of a plugin are far smaller.
    static let maximumRead: UInt64 = 1 << 20

    let path: String
    let size: UInt64
    private let descriptor: CInt

    /// Opens `path`.
    ///
    /// - Throws: `.notFound`, `.unreadable` or `.notRegularFile`.
    init(path: String) throws(PluginLoadError) {
        // Without O_NONBLOCK a named pipe would hold the start until somebody writes into it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let number = errno
            close(descriptor)
            throw Self.failure(path, number)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "is a directory" : "is not a regular file"
            throw PluginLoadError(.notRegularFile, path: path, "\(kind), not a plugin")
        }
        self.path = path
        self.size = UInt64(max(0, status.st_size))
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// The bytes of a range, or nil when it is not wholly inside the file or longer than `maximumRead`.
    func bytes(at offset: UInt64, count: UInt64) -> [UInt8]? {
        guard contains(offset: offset, count: count), count <= Self.maximumRead else { return nil }
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, filled in
            while filled < Int(count) {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(filled))
                if got < 0, errno == EINTR { continue }
                if got <= 0 { break }
                filled += got
            }
        }
        return bytes.count == Int(count) ? bytes : nil
    }

    /// Whether the range lies inside the file; never overflows.
    func contains(offset: UInt64, count: UInt64) -> Bool { offset <= size && count <= size - offset }

    private static func failure(_ path: String, _ number: CInt) -> PluginLoadError {
        let code: PluginLoadError.Code = number == ENOENT || number == ENOTDIR ? .notFound : .unreadable
        return PluginLoadError(code, path: path, String(cString: strerror(number)))
    }
}
