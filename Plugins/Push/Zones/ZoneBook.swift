import FoundationEssentials
import PluginAPI
import Synchronization

/// Time zones by name, read once from the system's database.
final class ZoneBook: Sendable {
    private static let capacity = 1_000
    private let folder: String
    private let known = Mutex<[String: ZoneFile?]>([:])

    init(folder: String = "/usr/share/zoneinfo") {
        self.folder = folder
    }

    /// Nil when the system has no such zone. ``QuietHours`` lets only names through that stay below the folder.
    func zone(_ name: String) -> ZoneFile? {
        if name == "UTC" { return .utc }
        if let found = known.withLock({ $0[name] }) { return found }
        let read = FileManager.default.contents(atPath: "\(folder)/\(name)").flatMap { ZoneFile(Array($0)) }
        known.withLock { known in
            if known.count >= Self.capacity { known.removeAll() }
            known[name] = .some(read)
        }
        return read
    }
}
