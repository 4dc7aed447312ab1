import NIOCore
import PluginAPI

/// One Socket.IO connection: which namespaces its peer has joined, and what it sends to them. Loop-bound.
final class SocketIOConnection: EngineIOReceiver {
    enum Seat {
        /// The namespace decides; what the peer sends to it meanwhile waits.
        case connecting(NamespaceSocket, EarlyPackets, Task<Void, Never>?)
        case joined(NamespaceSocket, any SocketIOHandler)

        var socket: NamespaceSocket {
            switch self {
            case .connecting(let socket, _, _), .joined(let socket, _): socket
            }
        }

        /// Whether attachments of a packet that waits here are still to come.
        var lacksAttachments: Bool {
            if case .connecting(_, let early, _) = self { early.missingAttachments > 0 } else { false }
        }
    }

    let transport: EngineIOHandler
    let endpoint: EndpointCore
    private var reassembler: BinaryReassembler
    var seats: [Seat] = []
    private var isClosed = false
    /// How often a CONNECT came, and how often one was refused.
    var connectCount = 0
    var refusalCount = 0

    init(transport: EngineIOHandler, endpoint: EndpointCore) {
        self.transport = transport
        self.endpoint = endpoint
        reassembler = BinaryReassembler(limits: Self.limits(endpoint))
    }

    var eventLoop: any EventLoop { transport.eventLoop }
    var outlet: RealtimeConnection { transport.outlet }
    /// The sockets that have joined a namespace.
    var joinedSockets: [NamespaceSocket] {
        seats.compactMap { seat in
            if case .joined(let socket, _) = seat { socket } else { nil }
        }
    }

    private static func limits(_ endpoint: EndpointCore) -> SocketIOLimits {
        SocketIOLimits(attachmentBytes: endpoint.timings.maxPayload)
    }

    func pongReceived(at now: NIODeadline) {
        for seat in seats { seat.socket.noteSignOfLife(at: now) }
    }

    func closed(_ reason: CloseReason) {
        guard !isClosed else { return }
        isClosed = true
        for seat in exchange(&seats, with: []) { leave(seat, reason) }
    }

    func seat(of namespace: String) -> Int? {
        seats.firstIndex { $0.socket.namespace == namespace }
    }
}

// MARK: Packets

extension SocketIOConnection {
    func textReceived(_ text: ByteBuffer) {
        // Of the two who may wait for attachments only the reassembler says so by itself.
        if seats.contains(where: \.lacksAttachments) { return transport.close(.violation(.missingAttachment)) }
        if reassembler.isCollecting { return perform(reassembler.textReceived(text)) }
        var rest = text
        let head: SocketIOPacket
        do throws(SocketIOViolation) {
            head = try reassembler.decoder.head(of: &rest)
        } catch {
            return transport.close(.violation(error))
        }
        switch head.type {
        case .event, .ack, .binaryEvent, .binaryAck:
            guard let index = seat(of: head.namespace) else { return transport.close(.namespaceNotJoined) }
            if case .connecting(let socket, var early, let task) = seats[index] {
                guard early.append(text, attachments: head.attachments) else {
                    return transport.close(.tooManyEarlyPackets)
                }
                seats[index] = .connecting(socket, early, task)
                return
            }
        case .connect, .disconnect, .connectError: break
        }
        perform(reassembler.textReceived(text, head, rest))
    }

    func binaryReceived(_ bytes: ByteBuffer) {
        guard let index = seats.firstIndex(where: \.lacksAttachments),
            case .connecting(let socket, var early, let task) = seats[index]
        else { return perform(reassembler.binaryReceived(bytes)) }
        guard early.append(attachment: bytes) else { return transport.close(.tooManyEarlyPackets) }
        seats[index] = .connecting(socket, early, task)
    }

    /// Reads what waited for the decision of a namespace, which has let the peer in.
    func read(_ early: EarlyPackets) {
        // Of its own: the connection's may be in the middle of a packet for another namespace.
        var earlyReassembler = BinaryReassembler(limits: Self.limits(endpoint))
        for frame in early.frames where !isClosed {
            switch frame {
            case .text(let text): perform(earlyReassembler.textReceived(text))
            case .attachment(let bytes): perform(earlyReassembler.binaryReceived(bytes))
            }
        }
        if early.missingAttachments > 0 { reassembler = earlyReassembler }
    }

    private func perform(_ step: BinaryReassembler.Step) {
        switch step {
        case .packet(let packet): received(packet)
        case .nothing: return
        case .violation(let violation): transport.close(.violation(violation))
        }
    }

    private func received(_ packet: SocketIOInbound) {
        switch packet {
        case .connect(let namespace, let auth):
            connect(namespace, auth.map { .object($0) } ?? .null)
        case .disconnect(let namespace):
            guard let index = seat(of: namespace) else { return transport.close(.namespaceNotJoined) }
            leave(seats.remove(at: index), .clientNamespaceDisconnect)
        case .event(let namespace, let name, let arguments, let ackID):
            guard let (socket, handler) = joined(namespace) else { return transport.close(.namespaceNotJoined) }
            handler.received(name, arguments, acknowledge: ackID.map { acknowledgement(socket, $0) }, from: socket)
        case .ack(let namespace, let ackID, let arguments):
            guard let (socket, _) = joined(namespace) else { return transport.close(.namespaceNotJoined) }
            socket.acknowledge(ackID, arguments)
        case .connectError:
            // Servers refuse, clients do not.
            transport.close(.connectErrorFromClient)
        }
    }

    private func joined(_ namespace: String) -> (NamespaceSocket, any SocketIOHandler)? {
        guard let index = seat(of: namespace), case .joined(let socket, let handler) = seats[index] else { return nil }
        return (socket, handler)
    }

    /// Answers at most once, from any thread.
    private func acknowledgement(_ socket: NamespaceSocket, _ ackID: UInt64) -> @Sendable ([SocketIOValue]) -> Void {
        let answered = NIOLoopBoundBox(false, eventLoop: eventLoop)
        return { arguments in
            let frame = SocketIOPacketEncoder.ack(namespace: socket.namespace, id: ackID, arguments: arguments)
            let answer: @Sendable () -> Void = {
                guard !answered.value else { return }
                answered.value = true
                socket.send(frame)
            }
            if socket.eventLoop.inEventLoop { answer() } else { socket.eventLoop.execute(answer) }
        }
    }
}

// MARK: Leaving

extension SocketIOConnection {
    /// - Parameter close: nil: the connection stays.
    func disconnect(_ socket: NamespaceSocket, closing close: EngineIOClose?) {
        guard let index = seats.firstIndex(where: { $0.socket === socket }) else { return }
        leave(seats.remove(at: index), .serverNamespaceDisconnect)
        outlet.send(SocketIOPacketEncoder.disconnect(namespace: socket.namespace))
        if let close { transport.close(close) }
    }

    private func leave(_ seat: Seat, _ reason: CloseReason) {
        switch seat {
        case .connecting(let socket, _, let task):
            task?.cancel()
            socket.abandonAcknowledgements()
        case .joined(let socket, let handler):
            socket.abandonAcknowledgements()
            handler.disconnected(socket, reason: reason.rawValue)
        }
    }
}
