import Glibc
import PluginAPI

/// Puts another text in a file's place, so that whoever reads it sees the old one or the new one, also after a power
/// cut.
struct FileReplacement {
    /// The file itself; a link to it stays a link.
    let path: String

    init(path: String) { self.path = ControlPlace.absolute(path) }

    /// - Parameter expected: what the file must still hold.
    /// - Throws: ``CommandFailure``; the file is then as it was.
    func write(_ text: String, inPlaceOf expected: String) throws(CommandFailure) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        // A name that nobody can take beforehand, and none that a process left behind.
        let beside = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure("read") }
        let descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("written beside") }
        do throws(CommandFailure) {
            defer { close(descriptor) }
            // Somebody else's file stays theirs, where that is allowed.
            _ = fchown(descriptor, status.st_uid, status.st_gid)
            guard fchmod(descriptor, status.st_mode & 0o7777) == 0, Self.write(Array(text.utf8), to: descriptor),
                fsync(descriptor) == 0
            else { throw failure("written beside") }
            guard let now = try? ConfigurationFile(path: path), now.text == expected else {
                throw .failed("\(path) was changed by somebody else meanwhile")
            }
            guard rename(beside, path) == 0 else {
                // The file is a mount of its own, as in a container: its content can change, its place cannot.
                guard errno == EBUSY else { throw failure("replaced") }
                return try overwrite(text, expected, keepingIn: beside)
            }
        } catch {
            unlink(beside)
            throw error
        }
        let parent = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { return }
        fsync(parent)
        close(parent)
    }

    /// Writes into the file itself. What it held lies beside it until all is written.
    private func overwrite(_ text: String, _ old: String, keepingIn backup: String) throws(CommandFailure) {
        let isKept = ProcessSignals.ignoring {
            Self.fill(backup, with: old) && Self.fill(path, with: text)
        }
        guard isKept else {
            let problem = failure("written")
            guard ProcessSignals.ignoring({ Self.fill(path, with: old) }) else {
                throw .failed("\(problem.message); what it held is in \(backup)")
            }
            unlink(backup)
            throw problem
        }
        unlink(backup)
    }

    private static func fill(_ path: String, with text: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        return write(bytes, to: descriptor) && ftruncate(descriptor, off_t(bytes.count)) == 0 && fsync(descriptor) == 0
    }

    private func failure(_ what: String) -> CommandFailure {
        .failed("\(path) cannot be \(what): \(String(cString: strerror(errno)))")
    }

    private static func write(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
