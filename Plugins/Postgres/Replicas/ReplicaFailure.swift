import Synchronization

/// Why a replica did not answer a read.
enum ReplicaFailure: Error, CustomStringConvertible {
    /// It has not replayed what the read must see.
    case behind
    /// It was taken out of use meanwhile.
    case dropped
    /// It is promoted, or of another cluster.
    case foreign

    var description: String {
        switch self {
        case .behind: "it is behind the primary"
        case .dropped: "it was taken out of use"
        case .foreign: "it is no replica of the primary"
        }
    }
}

/// What keeps a replica's connections from working; nil while they do.
final class Trouble: Sendable {
    private let value = Mutex<String?>(nil)

    var text: String? {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}
