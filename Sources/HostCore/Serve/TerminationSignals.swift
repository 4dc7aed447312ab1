import UnixSignals

/// SIGTERM and SIGINT, which no longer end the process by themselves.
struct TerminationSignals: Sendable {
    private let sequence: UnixSignalsSequence

    init() async {
        sequence = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    }

    /// From now on waits for signals: the first one's name is in the stream, also if nobody reads it yet; the second is
    /// told to the closure. Ends when the task is cancelled.
    func watch(second: @escaping @Sendable (String) -> Void) -> (first: AsyncStream<String>, watcher: Task<Void, Never>)
    {
        let (first, heard) = AsyncStream.makeStream(of: String.self)
        // Owned by the caller, who cancels it.
        let watcher = Task {
            await watch { signal in
                heard.yield(signal)
                heard.finish()
            } second: { signal in
                second(signal)
            }
        }
        return (first, watcher)
    }

    private func watch(first: @Sendable (String) -> Void, second: @Sendable (String) -> Void) async {
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
