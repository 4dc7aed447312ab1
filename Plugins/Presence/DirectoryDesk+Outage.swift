import PluginAPI

// Coming and going of the directory.
extension DirectoryDesk {
    /// The directory can be reached: everything is told anew.
    mutating func becameAvailable(_ connections: [ConnectionInfo], at now: NIODeadline) {
        guard !isAvailable else { return }
        isAvailable = true
        for batch in departures.batches(of: Self.batchLimit) { queue.append(.release(batch)) }
        // While no lease can have run out nobody was announced as gone: what the directory shows anew it had forgotten.
        // A lease may run out before it is noticed that the directory is away.
        renew(connections, now - leasesSince < lease ? .newcomers : .renewal, at: now)
        departures = []
        forgotten = leaving
        if !absentees.isEmpty { nextFarewell = now + farewellDelay }
        nextRefresh = now + refreshInterval
        nextSweep = now + sweepInterval
    }

    /// The directory cannot be reached, or did not do some work.
    mutating func becameUnavailable(_ failed: DirectoryWork?) {
        if isAvailable {
            isAvailable = false
            newcomers = []
            nextFarewell = nil
        }
        renewal = nil
        for work in (failed.map { [$0] } ?? []) + exchange(&queue, with: []) { keep(work) }
    }

    private mutating func keep(_ work: DirectoryWork) {
        switch work {
        case .hold(let connections, .arrivals): for connection in connections { addNewcomer(connection.device) }
        case .release(let connections):
            departures += connections.prefix(max(Self.mostDepartures - departures.count, 0))
        case .settle(let devices), .farewell(let devices): for device in devices { addAbsentee(device) }
        case .hold, .shorten, .sweep: break
        }
    }

    mutating func addNewcomer(_ device: DeviceIdentity) {
        absentees.remove(device)
        newcomers.insert(device)
    }

    mutating func addAbsentee(_ device: DeviceIdentity) {
        newcomers.remove(device)
        if absentees.count < Self.mostDepartures { absentees.insert(device) }
    }
}

extension Array {
    /// The elements in runs of at most so many.
    func batches(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
