/// Pushes that are still to be sent, kept with the messages they are about (`presence-and-push.md` 5).
///
/// A row is written in the transaction of its message (``NewMessage/push``), so that a crash between the two cannot lose
/// it. Whoever sends takes rows on a lease: they are nobody else's until it runs out, and if their holder dies they are
/// found again. A row is waiting until it is settled; settled rows are kept for a while, as history.
///
/// A store that keeps none may leave these out: nothing is pushed then.
public protocol PushOutbox: Sendable {
    /// Takes waiting rows that are due, the longest due first; of racing calls each row goes to one.
    func claimPushes(_ claim: PushClaim) async throws -> [WaitingPush]

    /// Says what became of claimed rows. Those whose lease is another's by now, or that are settled, stay as they are.
    ///
    /// - Parameter lease: that of the claim.
    func settlePushes(_ results: [PushResult], of app: AppID, lease: PushLease, at now: Timestamp) async throws

    /// Settles, as cancelled, all waiting rows of these devices that nobody holds on a lease.
    /// - Returns: how many.
    func cancelPushes(of devices: [DeviceID], in app: AppID, because detail: String, at now: Timestamp) async throws
        -> Int

    /// Settles, as failed, waiting rows that are due, that nobody holds on a lease and that are no longer worth sending.
    /// - Returns: how many; as many as the limit: there may be more.
    func expirePushes(because detail: String, at now: Timestamp, limit: Int) async throws -> Int

    /// When pushes were sent to these devices, from an instant on.
    func sentPushes(to devices: [DeviceID], in app: AppID, since: Timestamp) async throws -> [DeviceID: [Timestamp]]

    /// What waits, over all apps.
    func pushBacklog(atMost limit: Int) async throws -> PushBacklog

    /// What became of a message's push; nil: none was ever to be sent, or it is forgotten.
    func pushRecord(of message: MessageID, in app: AppID) async throws -> PushRecord?

    /// The newest pushes of a device, newest first.
    func pushRecords(of device: DeviceIdentity, limit: Int) async throws -> [PushRecord]

    /// Forgets rows that were settled before an instant.
    /// - Returns: how many; as many as the limit: there may be more.
    func prunePushes(settledBefore: Timestamp, limit: Int) async throws -> Int

    /// What an app says of pushes under `push` in its settings; empty: nothing. Nil: unknown app.
    func pushSettings(of app: AppID) async throws -> JSONObject?

    /// Sets what an app says of pushes and leaves its other settings; nil: nothing any more. False: unknown app.
    func setPushSettings(_ settings: JSONObject?, of app: AppID, at now: Timestamp) async throws -> Bool
}

extension PushOutbox {
    private var missing: ChatError { ChatError(.unavailable, "This store keeps no pushes") }

    /// Nothing ever waits.
    public func claimPushes(_ claim: PushClaim) async throws -> [WaitingPush] { [] }

    /// Refuses.
    public func settlePushes(
        _ results: [PushResult], of app: AppID, lease: PushLease, at now: Timestamp
    ) async throws { throw missing }

    /// Nothing ever waits.
    public func cancelPushes(
        of devices: [DeviceID], in app: AppID, because detail: String, at now: Timestamp
    ) async throws -> Int { 0 }

    /// Nothing ever waits.
    public func expirePushes(because detail: String, at now: Timestamp, limit: Int) async throws -> Int { 0 }

    /// Nothing was ever sent.
    public func sentPushes(
        to devices: [DeviceID], in app: AppID, since: Timestamp
    ) async throws -> [DeviceID: [Timestamp]] { [:] }

    /// Nothing ever waits.
    public func pushBacklog(atMost limit: Int) async throws -> PushBacklog { PushBacklog(waiting: 0) }

    /// Nothing was ever sent.
    public func pushRecord(of message: MessageID, in app: AppID) async throws -> PushRecord? { nil }

    /// Nothing was ever sent.
    public func pushRecords(of device: DeviceIdentity, limit: Int) async throws -> [PushRecord] { [] }

    /// There is nothing to forget.
    public func prunePushes(settledBefore: Timestamp, limit: Int) async throws -> Int { 0 }

    /// Refuses.
    public func pushSettings(of app: AppID) async throws -> JSONObject? { throw missing }

    /// Refuses.
    public func setPushSettings(_ settings: JSONObject?, of app: AppID, at now: Timestamp) async throws -> Bool {
        throw missing
    }
}
