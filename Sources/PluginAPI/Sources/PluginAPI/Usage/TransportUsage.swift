/// How many devices of an app were connected in one way: a line of the report by which an old transport is retired.
public struct TransportUsage: Sendable, Hashable {
    /// The most lines that a store answers.
    public static let mostLines = 1_000
    /// How many weeks ``weeks`` has.
    public static let weekCount = 4

    /// The way.
    public var transport: ClientTransport
    /// What the devices ran; nil: all of the transport together.
    public var software: ClientSoftware?
    /// Devices of the last 24 hours, 7 days and 30 days, each device once.
    public var lastDay: Int
    /// See ``lastDay``.
    public var lastWeek: Int
    /// See ``lastDay``.
    public var lastMonth: Int
    /// Devices of each of the last four weeks, the newest first.
    public var weeks: [Int]
    /// When the last of them was connected.
    public var lastSeen: Timestamp

    /// Makes a line.
    public init(
        transport: ClientTransport,
        software: ClientSoftware?,
        lastDay: Int,
        lastWeek: Int,
        lastMonth: Int,
        weeks: [Int],
        lastSeen: Timestamp
    ) {
        self.transport = transport
        self.software = software
        self.lastDay = lastDay
        self.lastWeek = lastWeek
        self.lastMonth = lastMonth
        self.weeks = weeks
        self.lastSeen = lastSeen
    }

    /// By how many devices the last week differs from the one before.
    public var trend: Int {
        weeks.count > 1 ? weeks[0] - weeks[1] : 0
    }

    /// When nobody will be left if it goes on as in the last four weeks: where the straight line that lies closest to
    /// them (least squares) reaches nothing. Nil while it does not fall, and when nobody was there in the last week.
    public func projectedZero(at now: Timestamp) -> Timestamp? {
        guard weeks.count == Self.weekCount, weeks[0] > 0 else { return nil }
        // Time in weeks, the newest week at 0, the others before it; each stands for its middle.
        let times = (0..<weeks.count).map { -Double($0) }
        let counts = weeks.map(Double.init)
        let meanTime = times.reduce(0, +) / Double(times.count)
        let meanCount = counts.reduce(0, +) / Double(counts.count)
        var covariance = 0.0
        var variance = 0.0
        for (time, count) in zip(times, counts) {
            covariance += (time - meanTime) * (count - meanCount)
            variance += (time - meanTime) * (time - meanTime)
        }
        let slope = covariance / variance
        guard slope < 0 else { return nil }
        let weeksFromMiddle = meanTime - meanCount / slope
        let week = 7 * 86_400_000.0
        // A hundred years on nothing can be said.
        let milliseconds = min((weeksFromMiddle - 0.5) * week, 5_200 * week)
        return now.adding(milliseconds: Int64(max(0, milliseconds)))
    }
}

extension JSONWriter {
    /// Writes a line of the report; what is not known is left out.
    public mutating func transportUsage(_ usage: TransportUsage, at now: Timestamp) {
        beginObject()
        field("transport", usage.transport.rawValue)
        if let software = usage.software {
            field("protocol", software.protocolName)
            field("sdk_version", software.sdkVersion)
            field("platform", software.platform.rawValue)
        }
        key("devices")
        beginObject()
        field("last_1_day", usage.lastDay)
        field("last_7_days", usage.lastWeek)
        field("last_30_days", usage.lastMonth)
        endObject()
        key("weeks")
        beginArray()
        for count in usage.weeks { int(count) }
        endArray()
        field("trend", usage.trend)
        field("last_seen_at", usage.lastSeen)
        fieldIfPresent("projected_zero_at", usage.projectedZero(at: now))
        endObject()
    }
}
