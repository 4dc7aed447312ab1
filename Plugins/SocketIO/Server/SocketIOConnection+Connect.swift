import NIOCore
import PluginAPI

/// Joining: a namespace is asked, and the peer is told what it has decided.
extension SocketIOConnection {
    /// After so many refused CONNECT packets the connection is closed.
    private static let mostRefusals = 5

    func connect(_ name: String, _ auth: JSONValue) {
        // A second CONNECT for a namespace breaks the protocol.
        guard seat(of: name) == nil else { return transport.close(.secondConnect) }
        guard let namespace = endpoint.namespaces[name] else { return refuse(.invalidNamespace, name) }
        if let excess = excess() { return refuse(.excess(excess), name) }
        let socket = NamespaceSocket(namespace: name, connection: self)
        seats.append(.connecting(socket, EarlyPackets(), nil))
        let task = decide(socket) { try await namespace.connect(socket, auth) }
        if let index = seat(of: name), case .connecting(_, let early, _) = seats[index] {
            seats[index] = .connecting(socket, early, task)
        }
    }

    /// The first CONNECT was counted as the connection was asked for.
    private func excess() -> AddressLimits.Excess? {
        defer { connectCount += 1 }
        if connectCount > 0 { return endpoint.limits.admitAgain(transport.clientAddress, at: .now()) }
        return endpoint.limits.mayTry(transport.clientAddress, at: .now()) ? nil : .refusals
    }

    private func decide(
        _ socket: NamespaceSocket, _ ask: @escaping @Sendable () async throws -> any SocketIOHandler
    ) -> Task<Void, Never> {
        let loopBound = NIOLoopBound(self, eventLoop: eventLoop)
        let (limits, address) = (endpoint.limits, transport.clientAddress)
        // Ends with the decision, or is cancelled when the connection closes before it.
        return Task(executorPreference: endpoint.executor(of: eventLoop)) {
            let decision: Result<any SocketIOHandler, ConnectRefusal>
            do {
                decision = .success(try await ask())
            } catch {
                let refusal = ConnectRefusal(error)
                decision = .failure(refusal)
                if refusal.reason.isGuess {
                    let delay = limits.refused(address, at: .now())
                    // Cancelled when the peer is gone, who then hears nothing.
                    if delay > .zero { try? await loopBound.eventLoop.pause(for: delay) }
                }
            }
            // The task runs on this loop, unless what was asked has left it.
            if loopBound.eventLoop.inEventLoop {
                loopBound.value.decided(socket, decision)
            } else {
                loopBound.eventLoop.execute { loopBound.value.decided(socket, decision) }
            }
        }
    }

    private func decided(_ socket: NamespaceSocket, _ decision: Result<any SocketIOHandler, ConnectRefusal>) {
        guard let index = seats.firstIndex(where: { $0.socket === socket }),
            case .connecting(_, let early, _) = seats[index]
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
            read(early)
        case .failure(let refusal):
            seats.remove(at: index)
            refuse(refusal, socket.namespace)
        }
        outlet.flush()
    }

    private func refuse(_ refusal: ConnectRefusal, _ namespace: String) {
        endpoint.monitor.refused(refusal, of: namespace, from: transport.clientAddress)
        outlet.send(SocketIOPacketEncoder.connectError(namespace: namespace, message: refusal.message))
        refusalCount += 1
        if refusalCount >= Self.mostRefusals { transport.close(.tooManyRefusals) }
    }
}
