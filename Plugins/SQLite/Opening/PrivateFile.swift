import Glibc

/// A database holds what people write: the file is made for its own user alone, whatever the umask. SQLite gives its
/// `-wal` and `-shm` the same rights.
enum PrivateFile {
    /// Makes an empty file of mode 0600, which SQLite takes for a new database. A file that is there keeps its rights,
    /// and what cannot be made is left for SQLite to report.
    static func makeIfMissing(_ path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 { close(descriptor) }
    }
}
