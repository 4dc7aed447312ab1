import NIOCore

/// Who speaks on a connection, once it was let in. Called on the connection's loop.
protocol LegacyPeer: AnyObject, Sendable {
    /// It is let in: what is sent from here on is the first that it reads.
    func opened(_ transport: LegacyTransport)
    /// A message, in the order of arrival. Not called after ``closed(_:)``.
    func received(_ message: LegacyMessage)
    /// The peer has answered a ping, or sent one.
    func showedLife(at now: NIODeadline)
    /// The connection ended, in the words of presence; also if it did before ``opened(_:)``. Called once.
    func closed(_ reason: String)
}

/// Decides who is let in.
protocol LegacyDoor: Sendable {
    /// Throws ``LegacyClose``. Runs on the connection's loop; what the peer sends meanwhile waits.
    func admit(_ request: LegacyRequest, on eventLoop: any EventLoop) async throws -> any LegacyPeer
}
