import PluginAPI

/// What a node knows of pushes beyond the store: what is under way, what became of it, and who came. A value.
struct DeskState: Sendable {
    /// What is to be told to the store, of one app.
    struct Batch: Sendable {
        var results: [PushResult] = []
        /// Tokens that their provider says are dead.
        var dead: [(device: DeviceIdentity, token: String)] = []
    }

    /// No more is taken.
    var isClosing = false
    /// About how many rows wait in the store.
    private(set) var waiting = 0
    private(set) var underWay = 0
    private var underWayByDevice: [DeviceIdentity: Int] = [:]
    private var batches: [AppID: Batch] = [:]
    /// How many results wait for the store.
    private(set) var unsaved = 0
    private var arrivals: [AppID: Set<DeviceID>] = [:]
    private var arrivalCount = 0
    private let arrivalLimit: Int

    init(arrivalLimit: Int = 10_000) {
        self.arrivalLimit = arrivalLimit
    }

    var isIdle: Bool { underWay == 0 && unsaved == 0 }

    mutating func counted(_ count: Int) { waiting = count }

    mutating func enqueued() { waiting += 1 }

    func underWay(to device: DeviceIdentity) -> Int { underWayByDevice[device] ?? 0 }

    mutating func began(_ device: DeviceIdentity) {
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
        batches[app, default: Batch()].results += results
        unsaved += results.count
    }

    mutating func add(dead token: String, of device: DeviceIdentity) {
        batches[device.app, default: Batch()].dead.append((device, token))
    }

    /// Hands out what is to be saved; it counts as unsaved until ``saved(_:)``.
    mutating func takeBatches() -> [AppID: Batch] { exchange(&batches, with: [:]) }

    mutating func saved(_ count: Int) {
        unsaved -= count
        waiting = max(0, waiting - count)
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
    mutating func arrived(_ device: DeviceIdentity) {
        guard arrivalCount < arrivalLimit else { return }
        if arrivals[device.app, default: []].insert(device.device).inserted { arrivalCount += 1 }
    }

    mutating func takeArrivals() -> [AppID: Set<DeviceID>] {
        arrivalCount = 0
        return exchange(&arrivals, with: [:])
    }
}
