import PluginAPI

/// What a node knows of pushes beyond the store: what is under way, what became of it, and who came. A value.
struct DeskState: Sendable {
    /// What is to be told to the store, of one app.
    struct Batch: Sendable {
        var results: [PushResult] = []
        /// Tokens that their provider says are dead.
        var dead: [(device: DeviceIdentity, token: String)] = []
    }

    /// Devices of one app that came online.
    struct Arrivals: Sendable, Equatable {
        var devices: Set<DeviceID> = []
        /// When the first of them came.
        var since: Timestamp
    }

    /// No more is taken.
    var isClosing = false
    /// About how many rows wait in the store.
    private(set) var waiting = 0
    private(set) var underWay = 0
    private var underWayByDevice: [DeviceIdentity: Int] = [:]
    /// The rows that this node took and whose fate the store does not know yet. A lease that ran out frees them for other
    /// nodes; this one has them still.
    private var known: Set<MessageID> = []
    /// Those of them about which nothing has been decided.
    private var undecided: Set<MessageID> = []
    private var batches: [AppID: Batch] = [:]
    /// How many results wait for the store.
    private(set) var unsaved = 0
    private var arrivals: [AppID: Arrivals] = [:]
    private var arrivalCount = 0
    private let arrivalLimit: Int

    init(arrivalLimit: Int = 10_000) {
        self.arrivalLimit = arrivalLimit
    }

    var isIdle: Bool { underWay == 0 && unsaved == 0 }

    /// More answers are about to come than have come, and nobody waits for the end.
    func expectsMore(than answered: Int) -> Bool { underWay > answered && !isClosing }

    mutating func counted(_ count: Int) { waiting = count }

    mutating func enqueued() { waiting += 1 }

    func underWay(to device: DeviceIdentity) -> Int { underWayByDevice[device] ?? 0 }

    /// Rows were taken.
    ///
    /// - Returns: those that were not taken before.
    mutating func claimed(_ rows: [WaitingPush]) -> [WaitingPush] {
        let new = rows.filter { known.insert($0.message).inserted }
        undecided.formUnion(new.lazy.map(\.message))
        return new
    }

    /// Nothing is found out about rows that were taken, beyond what has been decided: they are anybody's when their lease
    /// ends.
    mutating func letGo() {
        known.subtract(undecided)
        undecided.removeAll()
    }

    /// A bundle is handed to a provider.
    mutating func began(_ bundle: PushBundle) {
        let device = bundle.lead.device
        undecided.remove(bundle.lead.message)
        undecided.subtract(bundle.others.lazy.map(\.message))
        underWay += 1
        underWayByDevice[device, default: 0] += 1
    }

    /// A provider answered.
    mutating func ended(_ device: DeviceIdentity) {
        underWay -= 1
        let rest = (underWayByDevice[device] ?? 1) - 1
        underWayByDevice[device] = rest > 0 ? rest : nil
    }

    mutating func add(_ results: [PushResult], of app: AppID) {
        // Empty but while rows that were taken are looked at.
        if !undecided.isEmpty { undecided.subtract(results.lazy.map(\.message)) }
        batches[app, default: Batch()].results += results
        unsaved += results.count
    }

    mutating func add(dead token: String, of device: DeviceIdentity) {
        batches[device.app, default: Batch()].dead.append((device, token))
    }

    /// Hands out what is to be saved; it counts as unsaved until ``saved(_:)``.
    mutating func takeBatches() -> [AppID: Batch] { exchange(&batches, with: [:]) }

    mutating func saved(_ results: [PushResult]) {
        known.subtract(results.lazy.map(\.message))
        unsaved -= results.count
        waiting = max(0, waiting - results.count)
    }

    /// Saving failed: they wait again, before what came since.
    mutating func putBack(_ batch: Batch, of app: AppID) {
        var whole = batch
        if let since = batches[app] {
            whole.results += since.results
            whole.dead += since.dead
        }
        batches[app] = whole
    }

    /// A device came online. Beyond the bound it is forgotten: whether it is online is asked before anything leaves.
    mutating func arrived(_ device: DeviceIdentity, at now: Timestamp) {
        guard arrivalCount < arrivalLimit else { return }
        let isNew = arrivals[device.app, default: Arrivals(since: now)].devices.insert(device.device).inserted
        if isNew { arrivalCount += 1 }
    }

    mutating func takeArrivals() -> [AppID: Arrivals] {
        arrivalCount = 0
        return exchange(&arrivals, with: [:])
    }
}
