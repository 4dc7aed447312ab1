import Glibc

/// Whether somebody could put other code in an image's place who could not replace the executable itself: its code runs
/// with all that the process may.
enum ImageTrust {
    /// What is wrong with the file or its folder, as one sentence without the path; nil: nothing.
    static func problem(with path: String, user: uid_t = geteuid(), executable: String = "/proc/self/exe") -> String? {
        var program = stat()
        guard stat(executable, &program) == 0 else { return nil }
        let file = ControlPlace.absolute(path)
        let folder = file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
        return problem(of: "the file", file, user, program)
            ?? problem(of: "its folder \(folder)", folder, user, program)
    }

    private static func problem(of what: String, _ path: String, _ user: uid_t, _ program: stat) -> String? {
        var status = stat()
        // What is not there is said by whoever opens it.
        guard stat(path, &status) == 0 else { return nil }
        if status.st_mode & S_IWOTH != 0 { return "\(what) can be written by everybody" }
        let isProgramsGroup = program.st_mode & S_IWGRP != 0 && program.st_gid == status.st_gid
        if status.st_mode & S_IWGRP != 0, status.st_gid != 0, !isProgramsGroup {
            return "\(what) can be written by the group \(status.st_gid), the executable cannot"
        }
        if ![0, user, program.st_uid].contains(status.st_uid) {
            return
                "\(what) belongs to the user \(status.st_uid), who is neither root, nor this process's, nor the executable's"
        }
        return nil
    }
}
