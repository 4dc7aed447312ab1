import Glibc
import PluginAPI

/// Where control sockets are. The server takes the first place that it can use; commands look into all of them.
///
/// The name tells the configuration and the process, so that several servers of one machine, also of one file, do not
/// meet: `replyhq-<hash of the file's path>-<pid>.sock`.
enum ControlPlace {
    /// NIO takes 103 bytes, and a name in the making has one more.
    static let longestPath = 100

    /// Made by the system for its servers; nobody but root makes anything beside it.
    private static let system = "/run/replyhq"

    /// The folders, best first.
    static func folders(user: uid_t = geteuid()) -> [String] {
        [system, "/run/user/\(user)", temporary(user)]
    }

    /// The name of a process's socket without its pid and ending.
    static func prefix(of configuration: String?) -> String {
        let path = configuration.map(absolute) ?? ""
        return "replyhq-\(Hex.encode(Digest.sha256(path.utf8)).prefix(12))-"
    }

    /// A folder that is the user's own and that nobody else can write to; the one in `/tmp` is made.
    static func usableFolder(user: uid_t = geteuid()) -> String? {
        folders(user: user).first { folder in
            if folder == temporary(user) { mkdir(folder, 0o700) }
            var status = stat()
            return lstat(folder, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == user
                && status.st_mode & 0o022 == 0 && access(folder, W_OK | X_OK) == 0
        }
    }

    /// Whether the sockets in a folder are the user's own servers': a folder of somebody else, or a link to one, may hold
    /// whatever they like. In the system's place root finds the servers of every user, and everybody those of root.
    static func isTrusted(_ folder: String, user: uid_t = geteuid()) -> Bool {
        var status = stat()
        guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return false }
        return status.st_uid == user || folder == system && (status.st_uid == 0 || user == 0)
    }

    /// The sockets of a configuration's processes, whether or not anybody still listens on them.
    static func sockets(of configuration: String?) -> [String] {
        let prefix = prefix(of: configuration)
        return folders().filter { isTrusted($0) }.flatMap { folder in
            names(in: folder).filter { $0.hasPrefix(prefix) && $0.hasSuffix(".sock") }.sorted().map {
                "\(folder)/\($0)"
            }
        }
    }

    /// The path without links and relative parts; as it is if there is no such file.
    static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func temporary(_ user: uid_t) -> String { "/tmp/replyhq-\(user)" }

    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names
    }
}
