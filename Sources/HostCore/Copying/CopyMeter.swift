import PluginAPI

/// Counts the rows of a table and tells of them now and then.
struct CopyMeter {
    /// How many rows are passed over in silence.
    private static let stride: Int64 = 500

    private var state: CopyProgress
    private var told: Int64 = 0
    private let began = ContinuousClock.now
    private let report: @Sendable (CopyProgress) -> Void

    init(
        _ phase: CopyProgress.Phase,
        _ table: ArchiveTable,
        total: Int64,
        skipped: Int64 = 0,
        _ report: @escaping @Sendable (CopyProgress) -> Void
    ) {
        state = CopyProgress(
            phase: phase, table: table, done: skipped, total: total, skipped: skipped, elapsed: .zero,
            isFinished: false)
        self.report = report
        report(state)
    }

    mutating func advance(_ rows: Int64) {
        state.done += rows
        guard state.done - told >= Self.stride else { return }
        tell()
    }

    mutating func finish() {
        state.isFinished = true
        tell()
    }

    private mutating func tell() {
        told = state.done
        state.elapsed = ContinuousClock.now - began
        report(state)
    }
}
