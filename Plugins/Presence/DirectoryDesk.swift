import PluginAPI

/// What this node has to tell the directory of all nodes (`presence-and-push.md` 3). A value: the time is an argument.
///
/// Changes are told in their order, joined into calls; all leases are renewed well before they run out. While the
/// directory is away the local table's announcements count, and afterwards all leases are taken anew.
struct DirectoryDesk: Sendable {
    /// How many connections or devices one call names.
    static let batchLimit = 500
    /// How many departures are remembered while the directory is away; beyond it leases run out by themselves.
    static let mostDepartures = 10_000

    let lease: TimeAmount
    let refreshInterval: TimeAmount
    let sweepInterval: TimeAmount
    /// How long the other nodes have to tell a directory that is back what they hold, before this one asks who is gone.
    let farewellDelay: TimeAmount
    var queue: [DirectoryWork] = []
    var isAvailable = false
    /// Every lease that is held was taken then or later.
    var leasesSince: NIODeadline
    /// All leases are being taken anew since then; so many calls of it are not answered.
    var renewal: (since: NIODeadline, missing: Int)?
    /// Devices that came online here and could not be told.
    var newcomers: Set<DeviceIdentity> = []
    /// Connections and devices that went and could not be told.
    var departures: [ConnectionInfo] = []
    var absentees: Set<DeviceIdentity> = []
    /// Devices with a connection that closed; whether they are gone is still to come.
    var leaving: Set<DeviceIdentity> = []
    /// Those of them from before the directory came back. It may have forgotten that it showed them.
    var forgotten: Set<DeviceIdentity> = []
    var nextRefresh: NIODeadline?
    var nextSweep: NIODeadline?
    var nextFarewell: NIODeadline?
    var isClosed = false

    init(lease: Duration, at now: NIODeadline) {
        self.lease = TimeAmount(lease)
        refreshInterval = TimeAmount(lease / 3)
        sweepInterval = TimeAmount(lease / 6)
        farewellDelay = TimeAmount(min(lease / 6, .seconds(10)))
        leasesSince = now
    }

    /// When ``due(at:connections:)`` has something to add.
    var nextDue: NIODeadline? {
        guard isAvailable else { return nil }
        return [nextRefresh, nextSweep, nextFarewell].compactMap { $0 }.min()
    }

    /// Takes in what the local table says. Answers whether it is to be announced as it is.
    mutating func note(_ event: DomainEvent, at now: NIODeadline) -> Bool {
        switch event {
        case .sessionConnected(let connection):
            leaving.remove(connection.device)
            forgotten.remove(connection.device)
            if isAvailable { enqueue(.hold([connection], .arrivals)) }
            return true
        case .sessionDisconnected(let connection, _):
            if isClosed { return true }
            leaving.insert(connection.device)
            if isAvailable {
                enqueue(.release([connection]))
            } else if departures.count < Self.mostDepartures {
                departures.append(connection)
            }
            return true
        case .presenceChanged(let device, isOnline: true):
            if isAvailable { absentees.remove(device) } else { addNewcomer(device) }
            return !isAvailable
        case .presenceChanged(let device, isOnline: false):
            leaving.remove(device)
            let isForgotten = forgotten.remove(device) != nil
            if isAvailable, !isForgotten {
                enqueue(.settle([device]))
            } else {
                addAbsentee(device)
                if isAvailable { nextFarewell = nextFarewell ?? now + farewellDelay }
            }
            return !isAvailable
        default:
            return true
        }
    }

    /// The next call, if there is one.
    mutating func next() -> DirectoryWork? {
        guard isAvailable, !queue.isEmpty else { return nil }
        return queue.removeFirst()
    }

    /// The devices that are announced as online after a hold.
    mutating func held(_ shown: [DeviceIdentity], _ hearing: DirectoryWork.Hearing) -> [DeviceIdentity] {
        switch hearing {
        case .arrivals: return shown
        case .renewal:
            renewed()
            return shown
        case .newcomers:
            renewed()
            return shown.filter { newcomers.remove($0) != nil }
        }
    }

    /// Takes all leases anew.
    mutating func renew(_ connections: [ConnectionInfo], _ hearing: DirectoryWork.Hearing, at now: NIODeadline) {
        let batches = connections.batches(of: Self.batchLimit)
        renewal = (now, batches.count + (renewal?.missing ?? 0))
        if batches.isEmpty, renewal?.missing == 0 { leasesSince = now }
        for batch in batches { queue.append(.hold(batch, hearing)) }
    }

    private mutating func renewed() {
        guard let (since, missing) = renewal else { return }
        renewal = missing > 1 ? (since, missing - 1) : nil
        if missing <= 1 { leasesSince = since }
    }
}

// MARK: By itself

extension DirectoryDesk {
    /// Adds what time asks for.
    /// - Parameter connections: asked for when leases are to be renewed.
    mutating func due(at now: NIODeadline, connections: () -> [ConnectionInfo]) {
        guard isAvailable else { return }
        if let due = nextRefresh, due <= now {
            nextRefresh = now + refreshInterval
            renew(connections(), .renewal, at: now)
        }
        if let due = nextSweep, due <= now {
            nextSweep = now + sweepInterval
            queue.append(.sweep)
        }
        if let due = nextFarewell, due <= now {
            nextFarewell = nil
            for batch in Array(absentees).batches(of: Self.batchLimit) { queue.append(.farewell(batch)) }
            absentees = []
        }
    }

    /// The last sweep found as many as it may: there may be more.
    mutating func sweepAgain() { queue.append(.sweep) }

    /// Leases of others ran out: their devices are gone unless they are elsewhere.
    mutating func settle(_ devices: [DeviceIdentity]) {
        if !devices.isEmpty { enqueue(.settle(devices)) }
    }

    /// Leases of live connections ran out.
    mutating func hold(_ connections: [ConnectionInfo]) {
        if !connections.isEmpty { enqueue(.hold(connections, .arrivals)) }
    }

    /// The node stops: its leases are left to the others' sweeps.
    mutating func close(_ connections: [ConnectionInfo]) {
        isClosed = true
        nextRefresh = nil
        nextSweep = nil
        nextFarewell = nil
        guard isAvailable else { return }
        for batch in connections.batches(of: Self.batchLimit) { queue.append(.shorten(batch)) }
    }

    /// Joins what can be told in one call with what waits last.
    private mutating func enqueue(_ work: DirectoryWork) {
        switch (queue.last, work) {
        case (.hold(let waiting, .arrivals), .hold(let more, .arrivals)) where waiting.count < Self.batchLimit:
            queue[queue.count - 1] = .hold(waiting + more, .arrivals)
        case (.release(let waiting), .release(let more)) where waiting.count < Self.batchLimit:
            queue[queue.count - 1] = .release(waiting + more)
        case (.settle(let waiting), .settle(let more)) where waiting.count < Self.batchLimit:
            queue[queue.count - 1] = .settle(waiting + more)
        default:
            queue.append(work)
        }
    }
}
