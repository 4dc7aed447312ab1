import CLibPQ
import PluginAPI

/// Something that waits to be sent, or for its answers: its steps, and who is told how it ended.
///
/// Made on the caller's thread and handed over to the driver's; from then on only that one touches it. It ends once.
class PipelineRequest: @unchecked Sendable {  // Handed over through the inbox's lock, never shared.
    let steps: [Step]
    /// What it writes to; nil: it only reads.
    let lane: LaneKey?
    /// When it is no longer worth sending.
    let deadline: NIODeadline
    /// Its place in the order of arrival at the driver.
    var number: UInt64 = 0
    /// How often it was sent and the connection then lost.
    var losses = 0
    /// Whether it counts among those that wait to be sent.
    var isWaiting = true
    /// Its caller has gone before it arrived at the driver.
    var isCancelled = false
    /// Its caller has gone while it was under way: whatever comes for it is thrown away.
    var isAbandoned = false
    private(set) var results: [OpaquePointer] = []

    init(steps: [Step], lane: LaneKey?, deadline: NIODeadline) {
        self.steps = steps
        self.lane = lane
        self.deadline = deadline
    }

    final var isWrite: Bool { lane != nil }

    deinit { discardResults() }

    /// Takes the answer of its next step; the request frees it.
    final func keep(_ result: OpaquePointer) { results.append(result) }

    /// Its steps are taken back, so what they answered is void.
    final func discardResults() {
        for result in results { PQclear(result) }
        results.removeAll()
    }

    /// All steps are committed: reads their rows and frees them. Whoever waits is told by ``finish()``.
    func decode() { discardResults() }

    /// It failed, for everybody to hear in ``finish()``.
    func fail(_ error: any Error) { discardResults() }

    /// Tells whoever waits for it how it ended. Called once.
    func finish() {}

    /// Asks what became of a write instead of being one.
    var isInquiry: Bool { false }

    /// What to ask once there is a connection again, when this one was sent and its outcome is unknown.
    func makeInquiry() -> PipelineRequest? { nil }
}
