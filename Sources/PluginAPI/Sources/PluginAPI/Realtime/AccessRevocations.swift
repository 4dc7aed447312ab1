import Synchronization

/// Admits connections so that no revocation of access misses one.
///
/// A revocation ends the connections that are registered. One that is being admitted is not yet, and its check may have
/// been made before: it would stay open. So a revocation that comes meanwhile makes the check count for nothing.
public final class AccessRevocations: Sendable {
    private let count = Atomic(0)

    /// Makes a counter that has seen no revocation.
    public init() {}

    /// Access was revoked. Called before the connections that end are looked up.
    public func happened() {
        count.add(1, ordering: .sequentiallyConsistent)
    }

    /// Checks what a peer shows and registers its connection; checks once more if access was revoked in between.
    ///
    /// - Parameters:
    ///   - check: throws if the peer is not let in.
    ///   - register: makes the connection known to whoever ends those whose access is revoked.
    ///   - withdraw: undoes `register`, since the second check has thrown.
    public func admit<Grant, Connection>(
        check: () async throws -> Grant,
        register: (Grant) throws -> Connection,
        withdraw: (Connection) -> Void
    ) async throws -> Connection {
        let before = count.load(ordering: .sequentiallyConsistent)
        let connection = try register(try await check())
        guard count.load(ordering: .sequentiallyConsistent) != before else { return connection }
        do {
            _ = try await check()
        } catch {
            withdraw(connection)
            throw error
        }
        return connection
    }
}
