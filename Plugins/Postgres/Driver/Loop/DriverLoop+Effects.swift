import PluginAPI

extension DriverLoop {
    /// Lets every connection do what there is to do, until nothing more follows from it.
    func settle(_ now: NIODeadline) {
        var isSettled = false
        while !isSettled {
            isSettled = true
            for connection in connections {
                connection.machine.advanced(to: now, jitter: jitter.next())
                let effects = connection.machine.takeEffects()
                for effect in effects { perform(effect, on: connection, now) }
                connection.flush(now: now, jitter: jitter.next())
                if !effects.isEmpty || connection.machine.hasEffects { isSettled = false }
            }
        }
    }

    private func perform(_ effect: PipelineMachine.Effect, on connection: PipelineConnection, _ now: NIODeadline) {
        switch effect {
        case .connect: connect(connection)
        case .drop:
            if closing == nil { observer.dropped() }
            connection.drop()
        case .prepare(let statement):
            if !connection.prepare(statement) { lose(connection, now) }
        case .send(let requests):
            for request in requests { depart(request) }
            if !connection.send(requests, now: now) { lose(connection, now) }
        case .complete(let requests):
            if connection.isWriter { observer.committed(requests.count, in: now - connection.sentAt) }
            for request in requests where !request.isAbandoned { finish(request) { $0.decode() } }
        case .fail(let request, let failure):
            observer.failed(failure)
            if !request.isAbandoned { finish(request) { $0.fail(failure) } }
        case .reroute(let requests):
            for request in requests { reader().machine.submitted(request, now: now) }
        case .suffered(let failure): observer.suffered(connection.index, failure)
        case .recovered: observer.recovered(connection.index)
        }
    }

    private func connect(_ connection: PipelineConnection) {
        let index = connection.index
        // While its session lives, a write whose outcome is asked for may still be committed.
        let leftover = connection.machine.inquiries.isEmpty ? nil : connection.sessionBefore
        Connector.start(connection.keywords, session: connection.isPooled ? .pooled : .own, ending: leftover) {
            [inbox] result in
            switch result {
            case .success(let handle):
                if !inbox.post(.connected(connection: index, handle)) { handle.close() }
            case .failure(let failure):
                _ = inbox.post(.connectFailed(connection: index, failure))
            }
        }
    }

    /// libpq did not take what was to be sent. Without a connection that is a consequence of an earlier loss.
    private func lose(_ connection: PipelineConnection, _ now: NIODeadline) {
        guard let link = connection.link else { return }
        connection.machine.lost(link.complaint, now: now, jitter: jitter.next())
    }

    func finish(_ request: PipelineRequest, _ end: (PipelineRequest) -> Void) {
        depart(request)
        end(request)
        finished.append(request)
    }

    private func depart(_ request: PipelineRequest) {
        guard request.isWaiting else { return }
        request.isWaiting = false
        if request.isWrite { departedWrites += 1 } else { departedReads += 1 }
    }

    /// Resumes all whose requests have ended in this round, after the last of them was announced.
    func tellAll() {
        if departedWrites + departedReads > 0 {
            observer.waiting(inbox.departed(writes: departedWrites, reads: departedReads))
            (departedWrites, departedReads) = (0, 0)
        }
        guard !finished.isEmpty else { return }
        for request in finished { request.finish() }
        finished.removeAll(keepingCapacity: true)
    }

    /// Whoever is still waited for hears that the store is closed.
    func end() {
        let closed = PostgresFailure(kind: .closed, message: "the store was closed")
        for connection in connections { connection.machine.closed(closed) }
        settle(.now())
        for message in inbox.end() {
            switch message {
            case .submit(let request): finish(request) { $0.fail(closed) }
            case .connected(_, let handle): handle.close()
            case .cancel, .connectFailed, .close: break
            }
        }
        start(closed)
        tellAll()
    }
}
