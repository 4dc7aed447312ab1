import Glibc

/// The files that a database was opened as. A file that is moved, deleted or replaced under a running server stays open
/// and takes writes that its path no longer leads to, so none may be acknowledged.
struct DatabasePlace: Sendable {
    private struct FileID: Sendable, Hashable {
        var device: UInt64
        var number: UInt64

        /// What a path leads to; nil: nothing.
        init?(_ path: String) {
            var found = stat()
            guard stat(path, &found) == 0 else { return nil }
            device = UInt64(found.st_dev)
            number = UInt64(found.st_ino)
        }
    }

    let path: String
    private let files: [(path: String, id: FileID)]

    /// Remembers the files of a database that is open, with its log.
    init(path: String) {
        self.path = path
        files = [path, path + "-wal"].compactMap { path in FileID(path).map { (path, $0) } }
    }

    /// What has become of the files; nil: they are where they were.
    var problem: String? {
        for file in files {
            guard let found = FileID(file.path) else {
                return "the file \(file.path) was moved away or deleted under the running server; put it back, "
                    + "or restart"
            }
            guard found == file.id else {
                return "the file \(file.path) was replaced by another under the running server; restart to use that"
            }
        }
        return nil
    }

    /// Whether there is less room on the file system than a server may soon need.
    var isShortOfRoom: Bool {
        var found = statvfs()
        guard statvfs(path, &found) == 0 else { return false }
        let blocks = geteuid() == 0 ? found.f_bfree : found.f_bavail
        return UInt64(blocks) * UInt64(found.f_frsize) < 2 << 20
    }
}
