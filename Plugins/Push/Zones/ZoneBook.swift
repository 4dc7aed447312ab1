import FoundationEssentials
import PluginAPI
import Synchronization

/// Time zones by name, read once from the system's database.
final class ZoneBook: Sendable {
    private static let capacity = 1_000
    private let folder: String
    private let logger: Logger
    private let known = Mutex<[String: ZoneFile?]>([:])

    init(folder: String = "/usr/share/zoneinfo", logger: Logger) {
        self.folder = folder
        self.logger = logger
    }

    /// Nil when the system has no such zone, which is said once in the log. ``QuietHours`` lets only names through that stay below the folder.
    func zone(_ name: String) -> ZoneFile? {
        if name == "UTC" { return .utc }
        if let found = known.withLock({ $0[name] }) { return found }
        let read = FileManager.default.contents(atPath: "\(folder)/\(name)").flatMap { ZoneFile(Array($0)) }
        let isNew = known.withLock { known in
            if known.count >= Self.capacity { known.removeAll() }
            return known.updateValue(read, forKey: name) == nil
        }
        if read == nil, isNew { logger.warning("\(Self.problem(name))") }
        return read
    }

    /// What it means that a zone is unknown.
    static func problem(_ name: String) -> String {
        "the system knows no time zone \(name): quiet hours in it are taken as UTC's (is tzdata installed?)"
    }
}
