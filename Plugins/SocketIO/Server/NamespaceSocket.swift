import NIOCore
import PluginAPI
import Synchronization

/// One peer in one namespace.
final class NamespaceSocket: SocketIOSocket, @unchecked Sendable {  // Mutable state is touched on its event loop only.
    typealias Acknowledged = (Result<[SocketIOValue], any Error>) -> Void

    /// How far one call of ``emitWithAck(_:_:timeout:)`` is. It may be cancelled before it is sent.
    private enum AckCall: Sendable {
        case unsent
        case sent(UInt64)
        case cancelled
    }

    /// An acknowledgement that the peer owes.
    private struct Owed {
        var acknowledged: Acknowledged
        var timeout: Scheduled<Void>
    }

    let id = IDGenerator.socketID()
    let namespace: String
    let eventLoop: any EventLoop
    private weak var connection: SocketIOConnection?
    /// When the peer connected or answered a ping last, in nanoseconds of NIO's clock.
    private let lastSign: Atomic<UInt64>
    private var acknowledgements: [UInt64: Owed] = [:]
    private var nextAckID: UInt64 = 0

    init(namespace: String, connection: SocketIOConnection) {
        self.namespace = namespace
        self.connection = connection
        eventLoop = connection.eventLoop
        lastSign = Atomic(connection.eventLoop.now.uptimeNanoseconds)
    }

    /// When the peer connected or answered a ping last. From any thread.
    var lastSignOfLife: NIODeadline { .uptimeNanoseconds(lastSign.load(ordering: .relaxed)) }

    /// The peer has answered a ping.
    func noteSignOfLife(at now: NIODeadline) {
        lastSign.store(now.uptimeNanoseconds, ordering: .relaxed)
    }

    /// The connection's way out; nil once it is gone. On the loop.
    var outlet: RealtimeConnection? { connection?.outlet }

    /// What the peer runs, where that is noted. On the loop.
    var software: KnownSoftware? { connection?.transport.software }

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
        let call = NIOLoopBoundBox.makeBoxSendingValue(AckCall.unsent, eventLoop: eventLoop)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                eventLoop.execute {
                    self.emit(event, arguments, timeout: timeout, call) { continuation.resume(with: $0) }
                }
            }
        } onCancel: {
            eventLoop.execute { self.cancel(call) }
        }
    }

    func disconnect(close: Bool) {
        onLoop { $0.disconnect(self, closing: close ? .byNamespace : nil) }
    }

    /// Leaves the namespace and closes the connection, whether or not the peer has joined yet.
    func disconnect(_ close: EngineIOClose) {
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
        _ call: NIOLoopBoundBox<AckCall>,
        _ acknowledged: @escaping Acknowledged
    ) {
        if case .cancelled = call.value { return acknowledged(.failure(CancellationError())) }
        guard let connection, acknowledgements.count < Self.mostOwed else {
            return acknowledged(.failure(SocketIOAckError.disconnected))
        }
        let ackID = nextAckID
        nextAckID += 1
        call.value = .sent(ackID)
        connection.outlet.send(
            SocketIOPacketEncoder.event(namespace: namespace, name: event, arguments: arguments, ackID: ackID))
        let timeout = eventLoop.assumeIsolated().scheduleTask(in: timeout.deadlineAmount) { [weak self] in
            guard let self else { return }
            settle(ackID, .failure(SocketIOAckError.timedOut))
        }
        acknowledgements[ackID] = Owed(acknowledged: acknowledged, timeout: timeout)
    }

    private func cancel(_ call: NIOLoopBoundBox<AckCall>) {
        if case .sent(let ackID) = exchange(&call.value, with: .cancelled) {
            settle(ackID, .failure(CancellationError()))
        }
    }

    /// Ends a call, unless it has ended.
    private func settle(_ ackID: UInt64, _ result: Result<[SocketIOValue], any Error>) {
        guard let owed = acknowledgements.removeValue(forKey: ackID) else { return }
        owed.timeout.cancel()
        owed.acknowledged(result)
    }

    func acknowledge(_ ackID: UInt64, _ arguments: [SocketIOValue]) {
        settle(ackID, .success(arguments))
    }

    func abandonAcknowledgements() {
        for ackID in acknowledgements.keys { settle(ackID, .failure(SocketIOAckError.disconnected)) }
    }
}
