import PluginAPI

/// When apps were forgotten, so that what was read of one before that is known to be old. A value.
///
/// Bounded: what is asked about an app that was forgotten too long ago to be remembered is answered as if it was forgotten
/// last then.
struct ForgottenApps: Sendable {
    private let capacity: Int
    private var table = ArrivalTable<AppID, Int>()
    private var bound = 0

    /// Which instant this is; it grows when an app is forgotten.
    private(set) var epoch = 0

    init(capacity: Int) { self.capacity = capacity }

    mutating func forget(_ app: AppID) {
        epoch += 1
        table.append(epoch, for: app)
        if table.count > capacity, let (_, oldest) = table.removeFirst() { bound = oldest }
    }

    /// Whether the app was not forgotten after an epoch.
    func isKept(_ app: AppID, since epoch: Int) -> Bool { (table[app] ?? bound) <= epoch }
}
