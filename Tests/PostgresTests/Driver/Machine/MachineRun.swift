import PluginAPI

@testable import PostgresPlugin

/// A machine under test, with a clock that the test moves and effects as words.
final class MachineRun {
    var machine: PipelineMachine
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private var count: UInt64 = 0

    static let silence = TimeAmount.seconds(12)

    /// Begins connected, with nothing prepared.
    init(
        _ mode: PipelineRules.Mode = .writing(batchesOf: 256), prepares: Bool = false, hasPreamble: Bool = false,
        isConnected: Bool = true
    ) {
        let rules = PipelineRules(mode: mode, prepares: prepares, hasPreamble: hasPreamble, silence: Self.silence)
        machine = PipelineMachine(rules: rules, now: now)
        guard isConnected else { return }
        advance()
        machine.connected(now: now)
        _ = machine.takeEffects()
    }

    /// A request of one step per statement name.
    func make(_ statements: [String] = ["a"], lane: String = "x", wait: TimeAmount = .seconds(5))
        -> PipelineRequest
    {
        count += 1
        let request = PipelineRequest(
            steps: statements.map { Step(Statement($0, "SELECT")) }, lane: LaneKey(lane), deadline: now + wait)
        request.number = count
        return request
    }

    @discardableResult
    func submit(_ statements: [String] = ["a"], lane: String = "x", wait: TimeAmount = .seconds(5))
        -> PipelineRequest
    {
        let request = make(statements, lane: lane, wait: wait)
        machine.submitted(request, now: now)
        return request
    }

    func advance(_ time: TimeAmount = .zero) {
        now = now + time
        machine.advanced(to: now, jitter: 0.999_999)
    }

    /// So many steps were answered with rows. Returns whose they were.
    @discardableResult
    func answers(_ count: Int) -> [UInt64?] {
        (0..<count).map { _ in machine.answered(now: now)?.number }
    }

    func fails(_ state: String) -> Bool {
        machine.failed(PostgresFailure(state: SQLState(state), message: "it failed"), now: now)
    }

    /// The transaction ended; then whatever waits is sent.
    func syncs() -> Bool {
        let isExpected = machine.synced(now: now)
        advance()
        return isExpected
    }

    /// The transaction ended, and nothing is sent yet.
    func endsTransaction() -> Bool { machine.synced(now: now) }

    func lose() {
        machine.lost(PostgresFailure(kind: .connection, message: "gone"), now: now, jitter: 0.999_999)
    }

    /// What is to be done, such as `send 1 2` or `fail 3 42P01`.
    func effects() -> [String] { machine.takeEffects().map(Self.words) }

    private static func words(_ effect: PipelineMachine.Effect) -> String {
        switch effect {
        case .connect: "connect"
        case .drop: "drop"
        case .prepare(let statement): "prepare \(statement.name)"
        case .send(let requests): "send \(list(requests))"
        case .complete(let requests): "complete \(list(requests))"
        case .fail(let request, let failure):
            "fail \(request.number) \(failure.kind == .server ? failure.state.text : "\(failure.kind)")"
        case .reroute(let requests): "reroute \(list(requests))"
        case .suffered: "suffered"
        case .recovered: "recovered"
        }
    }

    private static func list(_ requests: [PipelineRequest]) -> String {
        requests.map { String($0.number) }.joined(separator: " ")
    }
}
