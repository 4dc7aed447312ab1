/// What one app wants of pushes. What is nil is as the server's configuration says.
public struct PushPolicy: Sendable, Hashable {
    /// Whether to push at all.
    public var isEnabled: Bool?
    /// The line above the text, 1…``titleLimit`` UTF-16 units.
    public var title: String?
    /// How many characters of the text are shown, 0…``previewLimit``; 0: none, the push only says that there is something.
    public var preview: Int?
    /// When nothing is shown.
    public var quiet: Quiet?
    /// How many pushes a device gets in an hour; what is more is told together later. 0: no bound.
    public var perHour: Int?

    /// Whether there are hours without pushes.
    public enum Quiet: Sendable, Hashable {
        /// There are none.
        case never
        /// Every day.
        case daily(QuietHours)
    }

    /// Makes a policy that leaves everything to the configuration.
    public init() {}

    /// The longest title, in UTF-16 units.
    public static let titleLimit = 100
    /// The longest text (`presence-and-push.md` 6).
    public static let previewLimit = 200
    /// The most pushes in an hour that can be asked for.
    public static let perHourLimit = 10_000
}

/// A part of each day, in an app's own time zone.
public struct QuietHours: Sendable, Hashable {
    /// The minute of the day at which it begins, 0…1439.
    public var from: Int
    /// The minute of the day at which it ends, 0…1439; before `from`: on the next day.
    public var to: Int
    /// A name of the time zone database, such as `Europe/Berlin`.
    public var timeZone: String

    /// Makes a part of the day; nil when it is empty or out of bounds.
    public init?(from: Int, to: Int, timeZone: String) {
        guard (0..<1_440).contains(from), (0..<1_440).contains(to), from != to, Self.isName(timeZone) else {
            return nil
        }
        self.from = from
        self.to = to
        self.timeZone = timeZone
    }

    /// Reads `22:00-07:00`.
    public init?(_ text: String, timeZone: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let from = Self.minute(ends[0]), let to = Self.minute(ends[1]) else { return nil }
        self.init(from: from, to: to, timeZone: timeZone)
    }

    /// `22:00-07:00`.
    public var text: String { "\(Self.text(from))-\(Self.text(to))" }

    static func text(_ minute: Int) -> String {
        let (hour, rest) = minute.quotientAndRemainder(dividingBy: 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(rest < 10 ? "0" : "")\(rest)"
    }

    static func minute(_ text: some StringProtocol) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.utf8.count) }), parts[1].utf8.count == 2,
            let hour = Int(parts[0]), let minute = Int(parts[1]), (0..<24).contains(hour), (0..<60).contains(minute)
        else { return nil }
        return hour * 60 + minute
    }

    /// Whether it could be a name of the database: it is a path below a folder, and must not leave it.
    private static func isName(_ name: String) -> Bool {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"),
                UInt8(ascii: "/"):
                true
            default: false
            }
        }
        return isPlain && !name.isEmpty && name.utf8.count <= 64 && name.utf8.first != UInt8(ascii: "/")
    }
}
