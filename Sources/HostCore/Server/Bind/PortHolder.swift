import Glibc

/// The process that listens on a port, as far as the kernel lets us see.
struct PortHolder: Hashable, CustomStringConvertible {
    let pid: Int
    let command: String

    var description: String { "\(command) (pid \(pid))" }

    static func find(port: Int) -> PortHolder? {
        let sockets = Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap { listeners(on: port, in: lines(of: $0)) })
        guard !sockets.isEmpty else { return nil }
        for name in entries(of: "/proc") {
            guard let pid = Int(name) else { continue }
            let descriptors = "/proc/\(name)/fd"
            for entry in entries(of: descriptors) {
                guard let target = link("\(descriptors)/\(entry)"), sockets.contains(target) else { continue }
                return PortHolder(pid: pid, command: lines(of: "/proc/\(name)/comm").first ?? "a process")
            }
        }
        return nil
    }

    /// The sockets, as descriptors link to them, that listen on a port: in each line the local address is the second
    /// column, the state the fourth (`0A` is listening) and the inode the tenth.
    static func listeners(on port: Int, in lines: [String]) -> [String] {
        lines.compactMap { line in
            let columns = line.split(separator: " ", omittingEmptySubsequences: true)
            guard columns.count > 9, columns[3] == "0A",
                let digits = columns[1].split(separator: ":").last, Int(digits, radix: 16) == port
            else { return nil }
            return "socket:[\(columns[9])]"
        }
    }

    private static func lines(of path: String) -> [String] {
        guard let file = fopen(path, "re") else { return [] }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        var lines: [String] = []
        while getline(&line, &capacity, file) >= 0, let text = line {
            lines.append(String(String(cString: text).prefix { $0 != "\n" }))
        }
        return lines
    }

    private static func entries(of path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.utf8.first != UInt8(ascii: ".") { names.append(name) }
        }
        return names
    }

    private static func link(_ path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { output in
            guard let start = output.baseAddress else { return nil }
            let length = readlink(path, start, output.count)
            guard length > 0 else { return nil }
            return String(decoding: output.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
