import UnixSignals

/// SIGTERM and SIGINT, which no longer end the process by themselves.
struct TerminationSignals: Sendable {
    private let sequence: UnixSignalsSequence

    init() async {
        sequence = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    }

    /// Calls the first closure with the first signal's name, the second with the second's, and returns then or when
    /// the task is cancelled.
    func watch(first: @Sendable (String) -> Void, second: @Sendable (String) -> Void) async {
        var count = 0
        for await signal in sequence {
            count += 1
            if count == 1 {
                first("\(signal)")
            } else {
                second("\(signal)")
                return
            }
        }
    }
}
