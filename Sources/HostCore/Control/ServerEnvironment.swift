import Glibc
import PluginAPI

/// With what the running server reads its configuration.
struct ServerEnvironment: Sendable {
    let pid: Int
    let user: uid_t
    /// The folder that relative paths begin at.
    let folder: String
    let variables: [String: String]

    /// Whether a variable of this name means something to the configuration or to a store's library.
    static func isRead(_ name: String) -> Bool {
        SeedVariables.names.contains(name) || name.hasPrefix("PG")
            || name.hasPrefix(EnvironmentOverlay.prefix) && !EnvironmentOverlay.isReserved(name)
    }

    /// What a server tells of itself, with the values of the variables that its file names.
    static func statement(of file: String?, _ variables: [String: String]) -> JSONObject {
        let text = file.flatMap { try? ConfigurationFile(path: $0).text } ?? ""
        let named = Interpolation.names(in: text)
        let read = variables.filter { isRead($0.key) || named.contains($0.key) }
        var folder = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let place = getcwd(&folder, folder.count).map { String(cString: $0) } ?? "/"
        return [
            "pid": .int(Int64(getpid())), "folder": .string(place),
            "variables": .object(JSONObject(read.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
        ]
    }

    /// Has this process do no more than the server may: what it tells decides which files are opened, and which code is
    /// loaded. Without effect but for root.
    ///
    /// - Throws: `CommandFailure` if that does not succeed.
    func takeItsUser() throws(CommandFailure) {
        guard geteuid() == 0, user != 0 else { return }
        var status = stat()
        guard stat("/proc/\(pid)", &status) == 0, status.st_uid == user else {
            throw .failed("process \(pid) has ended")
        }
        var group = status.st_gid
        guard setgroups(1, &group) == 0, setgid(group) == 0, setuid(user) == 0, geteuid() == user else {
            throw .failed("the user of process \(pid) cannot be taken: \(String(cString: strerror(errno)))")
        }
    }

    /// Asks the running server; nil: none runs here, or it is one that does not tell. Of several the first is asked: they
    /// serve one file.
    ///
    /// - Throws: ``ControlError`` when one runs and does not answer.
    static func ask(_ place: ServerPlace) async throws -> ServerEnvironment? {
        guard let client = ControlClient.all(at: place).first else { return nil }
        let answer = try await client.send(.GET, "/environment", within: .seconds(10))
        guard answer.status == 200 else { return nil }
        guard let folder = answer.body["folder"]?.stringValue, let told = answer.body["variables"]?.objectValue else {
            throw ControlError(.noAnswer, "process \(client.pid) told nothing of its environment")
        }
        var variables: [String: String] = [:]
        for (name, value) in told { variables[name] = value.stringValue }
        return ServerEnvironment(pid: client.pid, user: client.user, folder: folder, variables: variables)
    }
}
