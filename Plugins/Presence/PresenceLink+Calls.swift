import PluginAPI

// What the directory is told, one call after the other.
extension PresenceLink {
    func directoryChanged(_ status: PresenceDirectoryStatus) {
        let isReachable = status == .available
        state.withLock { state in
            state.isReachable = isReachable
            state.retryAt = isReachable ? eventLoop.now : nil
            if !isReachable { state.desk.becameUnavailable(nil) }
        }
        if case .unavailable(let reason) = status { degraded(reason) }
        proceed()
    }

    /// Makes the calls that wait, and sets the timer for what comes next.
    func proceed() {
        let now = eventLoop.now
        let next = state.withLock { state -> NIODeadline? in
            guard !state.isClosed else { return nil }
            if let retryAt = state.retryAt, retryAt <= now {
                state.retryAt = nil
                state.desk.becameAvailable(connections(), at: now)
            }
            state.desk.due(at: now, connections: connections)
            if !state.isWorking, let work = state.desk.next() {
                state.isWorking = true
                // One at a time. It hears of failures itself, and takes no more work once the link is closed.
                Task { await self.work(work) }
            }
            return state.retryAt ?? state.desk.nextDue
        }
        recoverIfDone()
        if let next { timer.arm(at: next) { [weak self] in self?.proceed() } }
    }

    /// A call failed: until the next try the local table is all there is.
    private func failed(_ work: DirectoryWork, _ error: any Error) {
        logger.debug("The directory did not answer", metadata: ["error": "\(ErrorText.detailed(error))"])
        let now = eventLoop.now
        state.withLock { state in
            state.desk.becameUnavailable(work)
            if state.isReachable { state.retryAt = now + .seconds(1) }
        }
        // What lies behind is said in the directory's own words.
        degraded(ErrorText.cause(of: error))
    }

    /// Said once, until all that waited has been told.
    private func degraded(_ reason: String) {
        guard state.withLock({ !exchange(&$0.isDegraded, with: true) }) else { return }
        health.degraded(
            "the directory of all nodes cannot be used, and who is online is known of this node only: \(reason)")
    }

    /// A directory that can be reached again may still refuse what it is told: it works once it has taken everything.
    private func recoverIfDone() {
        let hasRecovered = state.withLock { state in
            guard state.isDegraded, state.desk.isAvailable, state.desk.queue.isEmpty, !state.isWorking else {
                return false
            }
            state.isDegraded = false
            return true
        }
        guard hasRecovered else { return }
        health.recovered()
        logger.warning("The directory of all nodes is used again")
    }

    private func work(_ first: DirectoryWork) async {
        var work: DirectoryWork? = first
        while let current = work {
            do {
                try await perform(current)
            } catch {
                failed(current, error)
            }
            work = nextWork()
        }
        proceed()
    }

    /// Nil: the calls end here.
    private func nextWork() -> DirectoryWork? {
        let (next, idlers) = state.withLock { state -> (DirectoryWork?, [Idler]) in
            if !state.isClosed, let next = state.desk.next() { return (next, []) }
            state.isWorking = false
            return (nil, exchange(&state.idlers, with: []))
        }
        for idler in idlers {
            idler.alarm.cancel()
            idler.wait.end(isIdle: true)
        }
        return next
    }

    private func perform(_ work: DirectoryWork) async throws {
        switch work {
        case .hold(let connections, let hearing):
            let shown = try await directory.hold(connections, by: node, for: lease)
            let news = state.withLock { $0.desk.held(shown, hearing) }
            for device in news { announce(.presenceChanged(device, isOnline: true)) }
        case .shorten(let connections):
            _ = try await directory.hold(connections, by: node, for: shortLease)
        case .release(let connections):
            try await directory.release(connections, by: node, settlingWithin: settleLimit)
        case .settle(let devices):
            for device in try await directory.settle(devices) { announce(.presenceChanged(device, isOnline: false)) }
        case .farewell(let devices):
            try await bidFarewell(to: devices)
        case .sweep:
            try await sweep()
        }
    }

    /// One that came back empty no longer knows whom it showed: whoever is nowhere now is announced all the same. To hear
    /// it twice harms nobody; never to hear it leaves a ghost.
    private func bidFarewell(to devices: [DeviceIdentity]) async throws {
        let hidden = Set(try await directory.settle(devices))
        for device in devices {
            let isGone = hidden.contains(device) ? true : try await !directory.isOnline(device)
            if isGone { announce(.presenceChanged(device, isOnline: false)) }
        }
    }

    /// A node that died cannot say that its connections are gone, nor that a grace is over.
    private func sweep() async throws {
        let overdue = try await directory.overdue(limit: Self.sweepLimit)
        state.withLock { state in
            state.desk.settle(overdue)
            if overdue.count == Self.sweepLimit { state.desk.sweepAgain() }
        }
        let expired = try await directory.expire(limit: Self.sweepLimit)
        guard !expired.isEmpty else { return }
        // This node may have been frozen for longer than its leases.
        let live = Set(connections().map(\.id))
        let gone = expired.filter { !live.contains($0.id) }
        for connection in gone { announce(.sessionDisconnected(connection, reason: "transport error")) }
        state.withLock { state in
            state.desk.hold(expired.filter { live.contains($0.id) })
            state.desk.settle(Array(Set(gone.map(\.device))))
            if expired.count == Self.sweepLimit { state.desk.sweepAgain() }
        }
    }
}
