import PluginAPI

/// Messages of one device that are told by one push.
struct PushBundle: Sendable, Equatable {
    /// The newest: it is the one that is pushed.
    var lead: WaitingPush
    /// Those it speaks for, oldest first.
    var others: [WaitingPush] = []

    var count: Int { others.count + 1 }

    /// Nil when there is nothing to tell.
    init?(_ pushes: [WaitingPush]) {
        guard let last = pushes.last else { return nil }
        lead = last
        others = Array(pushes.dropLast())
    }
}

/// How the pushes of one device that may leave now are put together.
///
/// Each message is told by a push of its own, as clients count them. What waited for the app's quiet hours or its bound
/// to end is told together, and so is everything when there is room for less than all.
enum PushBundles {
    enum Outcome: Sendable, Equatable {
        case send([PushBundle])
        case wait(until: Timestamp)
    }

    /// - Parameters:
    ///   - ready: at least one.
    ///   - sent: when pushes were sent to the device in the last hour, in order.
    ///   - underWay: how many are with a provider.
    static func plan(
        _ ready: [WaitingPush], perHour: Int, sent: [Timestamp], underWay: Int, at now: Timestamp
    ) -> Outcome {
        let ordered = ready.count > 1 ? ready.sorted { ($0.createdAt, $0.message) < ($1.createdAt, $1.message) } : ready
        let bundles = bundles(of: ordered)
        guard perHour > 0 else { return .send(bundles) }

        let recent = sent.filter { now < $0 + .seconds(3_600) }
        let room = perHour - recent.count - underWay
        guard room > 0 else {
            // Once so many are older than an hour, there is room for one.
            let place = recent.count - perHour
            let isKnown = recent.indices.contains(place)
            return .wait(until: isKnown ? recent[place] + .seconds(3_600) : now + .seconds(1))
        }
        if bundles.count <= room { return .send(bundles) }
        return .send([PushBundle(ordered)].compactMap { $0 })
    }

    private static func bundles(of ordered: [WaitingPush]) -> [PushBundle] {
        // Nearly always.
        if ordered.count == 1 { return [PushBundle(ordered)].compactMap { $0 } }
        let held = ordered.filter { $0.hold == .quiet || $0.hold == .cap }
        let fresh = ordered.filter { $0.hold != .quiet && $0.hold != .cap }
        return ([PushBundle(held)] + fresh.map { PushBundle([$0]) }).compactMap { $0 }
    }
}
