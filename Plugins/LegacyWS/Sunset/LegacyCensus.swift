import PluginAPI

/// Counts from time to time, over all apps, who still comes this way.
struct LegacyCensus: Sendable {
    private static let interval = Duration.seconds(600)
    /// More apps than this are not looked at in one round.
    private static let mostApps = 10_000

    let store: any Store
    let clock: any WallClock
    let meters: LegacyMeters
    /// Whose HTTP answers say that it ends; nil: nobody's.
    let affected: AffectedDevices?
    let eventLoops: any EventLoopGroup
    let logger: Logger

    /// Until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            do {
                try await count()
            } catch is CancellationError {
                return
            } catch {
                logger.warning(
                    "the devices of old transports could not be counted",
                    metadata: ["error": "\(String(reflecting: error))"])
            }
            try? await eventLoops.pause(for: Self.interval)
        }
    }

    func count() async throws {
        let now = clock.now
        var totals: [ClientTransport: [Int]] = [.legacy: [0, 0, 0], .socketIO: [0, 0, 0]]
        var devices: Set<DeviceIdentity> = []
        for app in try await store.apps().prefix(Self.mostApps) {
            for line in try await store.usage(of: app.id, at: now) where line.software == nil {
                let sum = totals[line.transport] ?? [0, 0, 0]
                totals[line.transport] = zip(sum, [line.lastDay, line.lastWeek, line.lastMonth]).map(+)
            }
            guard affected != nil, devices.count < AffectedDevices.limit else { continue }
            let found = try await store.devices(
                of: app.id, using: .legacy, since: now - AffectedDevices.period,
                limit: AffectedDevices.limit - devices.count)
            devices.formUnion(found.map { DeviceIdentity(app: app.id, device: $0) })
        }
        affected?.replace(devices)
        for (transport, counts) in totals {
            for (window, count) in zip(["1d", "7d", "30d"], counts) { meters.used(transport, in: window, by: count) }
        }
    }
}
