import PluginAPI
import Synchronization

/// The present second as the `Date` field has it, formatted once a second at most.
final class HTTPDate: Sendable {
    private let last = Mutex((second: Int64.min, text: ""))

    var now: String {
        let now = Timestamp.now()
        let second = CivilDate.floorDivide(now.milliseconds, 1_000)
        return last.withLock { last in
            if last.second != second { last = (second, now.httpDate) }
            return last.text
        }
    }
}
