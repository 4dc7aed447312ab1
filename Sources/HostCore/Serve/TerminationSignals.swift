import UnixSignals

/// SIGTERM and SIGINT, one after the other.
struct TerminationSignals {
    private var iterator: UnixSignalsSequence.AsyncIterator

    /// From here on the signals no longer end the process by themselves.
    init() async {
        iterator = await UnixSignalsSequence(trapping: .sigterm, .sigint).makeAsyncIterator()
    }

    /// Waits for the next signal and answers its name.
    mutating func next() async -> String {
        guard let signal = await iterator.next() else { return "none" }
        return signal.description
    }
}
