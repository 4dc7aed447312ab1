import NIOCore
import PluginAPI

/// One peer in one namespace.
final class NamespaceSocket: SocketIOSocket, @unchecked Sendable {  // Mutable state is touched on its event loop only.
    typealias Acknowledged = (Result<[SocketIOValue], SocketIOAckError>) -> Void

    let id = IDGenerator.socketID()
    let namespace: String
    let eventLoop: any EventLoop
    private weak var connection: SocketIOConnection?
    private var acknowledgements: [UInt64: Acknowledged] = [:]
    private var nextAckID: UInt64 = 0

    init(namespace: String, connection: SocketIOConnection) {
        self.namespace = namespace
        self.connection = connection
        eventLoop = connection.eventLoop
    }

    /// The connection's way out; nil once it is gone. On the loop.
    var outlet: RealtimeConnection? { connection?.outlet }

    func emit(_ event: String, _ arguments: [SocketIOValue]) {
        send(SocketIOPacketEncoder.event(namespace: namespace, name: event, arguments: arguments))
    }

    /// Sends a finished frame.
    func send(_ frame: ByteBuffer) {
        onLoop { $0.outlet.send(frame) }
    }

    func emitWithAck(
        _ event: String,
        _ arguments: [SocketIOValue],
        timeout: Duration
    ) async throws -> [SocketIOValue] {
        try await withCheckedThrowingContinuation { continuation in
            eventLoop.execute {
                self.emit(event, arguments, timeout: timeout) { continuation.resume(with: $0) }
            }
        }
    }

    func disconnect(close: Bool) {
        onLoop { $0.disconnect(self, closing: close) }
    }

    private func onLoop(_ body: @escaping @Sendable (SocketIOConnection) -> Void) {
        if eventLoop.inEventLoop {
            if let connection { body(connection) }
        } else {
            eventLoop.execute { if let connection = self.connection { body(connection) } }
        }
    }
}

// MARK: Acknowledgements, on the loop

extension NamespaceSocket {
    /// The most acknowledgements that one peer may owe.
    private static let mostOwed = 1000

    private func emit(
        _ event: String,
        _ arguments: [SocketIOValue],
        timeout: Duration,
        _ acknowledged: @escaping Acknowledged
    ) {
        guard let connection, acknowledgements.count < Self.mostOwed else {
            acknowledged(.failure(.disconnected))
            return
        }
        let ackID = nextAckID
        nextAckID += 1
        acknowledgements[ackID] = acknowledged
        connection.outlet.send(
            SocketIOPacketEncoder.event(namespace: namespace, name: event, arguments: arguments, ackID: ackID))
        let amount = timeout.deadlineAmount
        eventLoop.assumeIsolated().scheduleTask(in: amount) { [weak self] in
            self?.acknowledgements.removeValue(forKey: ackID)?(.failure(.timedOut))
        }
    }

    func acknowledge(_ ackID: UInt64, _ arguments: [SocketIOValue]) {
        acknowledgements.removeValue(forKey: ackID)?(.success(arguments))
    }

    func abandonAcknowledgements() {
        let owed = acknowledgements
        acknowledgements = [:]
        for acknowledged in owed.values { acknowledged(.failure(.disconnected)) }
    }
}
