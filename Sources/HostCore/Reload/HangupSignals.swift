import UnixSignals

/// SIGHUP, which no longer ends the process.
struct HangupSignals: Sendable {
    private let sequence: UnixSignalsSequence

    init() async {
        sequence = await UnixSignalsSequence(trapping: .sighup)
    }

    /// Calls the handler for each signal, one after the other, until the task is cancelled.
    func forEach(_ handler: @Sendable () async -> Void) async {
        for await _ in sequence { await handler() }
    }
}
