import Glibc

/// Why a file cannot be read, in words that end a sentence about it.
enum FileProblem {
    static func reading(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: return "does not exist"
            case EACCES: return "may not be read by this user"
            default: return "cannot be opened: \(String(cString: strerror(errno)))"
            }
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { return "is a directory" }
        return nil
    }
}
