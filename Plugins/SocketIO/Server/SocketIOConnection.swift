import NIOCore
import PluginAPI

/// One Socket.IO connection: which namespaces its peer has joined, and what it sends to them. Loop-bound.
final class SocketIOConnection: EngineIOReceiver {
    private enum Seat {
        /// The namespace decides; what the peer sends meanwhile waits.
        case connecting(NamespaceSocket, waiting: [SocketIOInbound], Task<Void, Never>?)
        case joined(NamespaceSocket, any SocketIOHandler)

        var socket: NamespaceSocket {
            switch self {
            case .connecting(let socket, _, _), .joined(let socket, _): socket
            }
        }
    }

    /// The most packets that may wait while a namespace decides.
    private static let mostWaiting = 64

    let transport: EngineIOHandler
    let endpoint: EndpointCore
    private var reassembler: BinaryReassembler
    private var seats: [Seat] = []
    private var isClosed = false

    init(transport: EngineIOHandler, endpoint: EndpointCore) {
        self.transport = transport
        self.endpoint = endpoint
        reassembler = BinaryReassembler(limits: SocketIOLimits(attachmentBytes: endpoint.timings.maxPayload))
    }

    var eventLoop: any EventLoop { transport.eventLoop }
    var outlet: RealtimeConnection { transport.outlet }
    /// The sockets that have joined a namespace.
    var joinedSockets: [NamespaceSocket] {
        seats.compactMap { seat in
            if case .joined(let socket, _) = seat { socket } else { nil }
        }
    }

    func textReceived(_ text: ByteBuffer) { perform(reassembler.textReceived(text)) }

    func binaryReceived(_ bytes: ByteBuffer) { perform(reassembler.binaryReceived(bytes)) }

    func closed(_ reason: CloseReason) {
        guard !isClosed else { return }
        isClosed = true
        for seat in exchange(&seats, with: []) { leave(seat, reason) }
    }

    private func perform(_ step: BinaryReassembler.Step) {
        switch step {
        case .packet(let packet): received(packet)
        case .nothing: return
        case .violation: transport.close(.parseError)
        }
    }

    private func received(_ packet: SocketIOInbound) {
        switch packet {
        case .connect(let namespace, let auth):
            connect(namespace, auth.map { .object($0) } ?? .null)
        case .disconnect(let namespace):
            guard let seat = takeSeat(namespace) else { return transport.close(.forcedClose) }
            leave(seat, .clientNamespaceDisconnect)
        case .event(let namespace, _, _, _), .ack(let namespace, _, _):
            deliver(packet, to: namespace)
        case .connectError:
            // Servers refuse, clients do not.
            transport.close(.parseError)
        }
    }
}

// MARK: Joining

extension SocketIOConnection {
    private func connect(_ name: String, _ auth: JSONValue) {
        // A second CONNECT for a namespace breaks the protocol.
        guard seat(of: name) == nil else { return transport.close(.forcedClose) }
        guard let namespace = endpoint.namespaces[name] else {
            outlet.send(SocketIOPacketEncoder.connectError(namespace: name, message: "Invalid namespace"))
            return
        }
        let socket = NamespaceSocket(namespace: name, connection: self)
        seats.append(.connecting(socket, waiting: [], nil))
        let loopBound = NIOLoopBound(self, eventLoop: eventLoop)
        // Ends with the decision, or is cancelled when the connection closes before it.
        let task = Task(executorPreference: endpoint.executor(of: eventLoop)) {
            let decision: Result<any SocketIOHandler, any Error>
            do {
                decision = .success(try await namespace.connect(socket, auth))
            } catch {
                decision = .failure(error)
            }
            // The task runs on this loop, unless somebody below has left it.
            if loopBound.eventLoop.inEventLoop {
                loopBound.value.decided(socket, decision)
            } else {
                loopBound.eventLoop.execute { loopBound.value.decided(socket, decision) }
            }
        }
        if let index = seat(of: name), case .connecting(_, let waiting, _) = seats[index] {
            seats[index] = .connecting(socket, waiting: waiting, task)
        }
    }

    private func decided(_ socket: NamespaceSocket, _ decision: Result<any SocketIOHandler, any Error>) {
        guard let index = seats.firstIndex(where: { $0.socket === socket }),
            case .connecting(_, let waiting, _) = seats[index]
        else {
            // The peer is gone. The handler was made for it and must let go of what it holds.
            if case .success(let handler) = decision {
                handler.disconnected(socket, reason: CloseReason.transportClose.rawValue)
            }
            return
        }
        switch decision {
        case .success(let handler):
            seats[index] = .joined(socket, handler)
            transport.joined()
            outlet.send(SocketIOPacketEncoder.connect(namespace: socket.namespace, sid: socket.id))
            handler.joined(socket)
            for packet in waiting where !isClosed { received(packet) }
        case .failure(let error):
            seats.remove(at: index)
            let message = (error as? SocketIORefusal)?.message ?? "Internal server error"
            outlet.send(SocketIOPacketEncoder.connectError(namespace: socket.namespace, message: message))
        }
        outlet.flush()
    }
}

// MARK: Packets of a namespace

extension SocketIOConnection {
    private func deliver(_ packet: SocketIOInbound, to namespace: String) {
        guard let index = seat(of: namespace) else {
            // A packet for a namespace that was not joined breaks the protocol.
            return transport.close(.forcedClose)
        }
        switch seats[index] {
        case .connecting(let socket, var waiting, let task):
            guard waiting.count < Self.mostWaiting else { return transport.close(.forcedClose) }
            waiting.append(packet)
            seats[index] = .connecting(socket, waiting: waiting, task)
        case .joined(let socket, let handler):
            switch packet {
            case .event(_, let name, let arguments, let ackID):
                handler.received(name, arguments, acknowledge: ackID.map { acknowledgement(socket, $0) }, from: socket)
            case .ack(_, let ackID, let arguments):
                socket.acknowledge(ackID, arguments)
            default:
                return
            }
        }
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
    func disconnect(_ socket: NamespaceSocket, closing: Bool) {
        guard let index = seats.firstIndex(where: { $0.socket === socket }) else { return }
        let seat = seats.remove(at: index)
        leave(seat, .serverNamespaceDisconnect)
        outlet.send(SocketIOPacketEncoder.disconnect(namespace: socket.namespace))
        if closing { transport.close(.forcedServerClose) }
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

    private func seat(of namespace: String) -> Int? {
        seats.firstIndex { $0.socket.namespace == namespace }
    }

    private func takeSeat(_ namespace: String) -> Seat? {
        seat(of: namespace).map { seats.remove(at: $0) }
    }
}
