/// A device was connected at an instant, in some way and with some software.
public struct TransportUse: Sendable, Hashable {
    /// Whose connection it was.
    public var device: DeviceIdentity
    /// What the device runs.
    public var software: ClientSoftware
    /// When it was connected.
    public var at: Timestamp

    /// Notes a use.
    public init(device: DeviceIdentity, software: ClientSoftware, at: Timestamp) {
        self.device = device
        self.software = software
        self.at = at
    }

    /// The day of the use, counted from 1970-01-01 in UTC. A store keeps one row for each day, device and transport.
    public var day: Int64 { Self.day(of: at) }

    /// The day of an instant.
    public static func day(of instant: Timestamp) -> Int64 {
        CivilDate.floorDivide(instant.milliseconds, 86_400_000)
    }

    /// How many days of rows a store keeps.
    public static let daysKept: Int64 = 90
}
