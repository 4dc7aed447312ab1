import PluginAPI

/// Times at which nobody is let in: `2026-12-01T10:00:00Z/30m` once, `03:00/10m` every day (UTC).
struct BrownoutSchedule: Sendable, Hashable {
    /// One entry of the schedule.
    struct Window: Sendable, Hashable {
        private enum Start: Sendable, Hashable {
            case once(Timestamp)
            /// Milliseconds after midnight, UTC.
            case daily(Int64)
        }

        private static let day: Int64 = 86_400_000
        private let start: Start
        private let length: Int64

        /// Nil for text of another form, and for a length of nothing or of more than a day.
        init?(_ text: String) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let length = DurationText.parse(parts[1])?.wholeMilliseconds,
                (1...Self.day).contains(length)
            else { return nil }
            self.length = length
            if let instant = Timestamp(iso8601: parts[0]) {
                start = .once(instant)
            } else if let time = Timestamp(iso8601: "1970-01-01T\(parts[0]):00Z") {
                start = .daily(time.milliseconds)
            } else {
                return nil
            }
        }

        /// When the window that an instant lies in ends; nil: it lies in none.
        func end(at now: Timestamp) -> Timestamp? {
            switch start {
            case .once(let start):
                let end = start.adding(milliseconds: length)
                return now >= start && now < end ? end : nil
            case .daily(let offset):
                // How long ago it began last; it may have been yesterday.
                let passed = ((now.milliseconds - offset) % Self.day + Self.day) % Self.day
                return passed < length ? now.adding(milliseconds: length - passed) : nil
            }
        }
    }

    static let form = "a start and a length such as 2026-12-01T10:00:00Z/30m, or 03:00/10m for every day"

    var windows: [Window] = []

    /// When the windows that an instant lies in end; nil: it lies in none.
    func end(at now: Timestamp) -> Timestamp? {
        windows.compactMap { $0.end(at: now) }.max()
    }
}
