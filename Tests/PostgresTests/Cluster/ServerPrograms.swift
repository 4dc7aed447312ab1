import Foundation
import Glibc

/// Where the server's programs are, and who runs them.
enum ServerPrograms {
    /// Debian's place first, then whatever the path offers.
    private static let folder: String? = {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newest = versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return (newest + path).first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
    }()

    /// Throws a sentence that helps when there is no server to be had.
    static func check() throws {
        guard folder != nil else {
            throw Program.Failure(
                description: "PostgreSQL's server programs (initdb, pg_ctl) are missing: run scripts/setup --test")
        }
    }

    /// The user to become, because the server refuses to run as root; nil when this process is somebody else.
    static let user: (uid: uid_t, gid: gid_t)? = {
        guard getuid() == 0 else { return nil }
        for name in ["postgres", "nobody"] {
            if let entry = getpwnam(name) { return (entry.pointee.pw_uid, entry.pointee.pw_gid) }
        }
        return nil
    }()

    /// A command line that runs one of the programs as that user.
    static func command(_ words: [String]) -> [String] {
        let path = (folder.map { $0 + "/" } ?? "") + words[0]
        let program = [path] + words.dropFirst()
        guard let user else { return program }
        return ["setpriv", "--reuid=\(user.uid)", "--regid=\(user.gid)", "--clear-groups"] + program
    }
}
