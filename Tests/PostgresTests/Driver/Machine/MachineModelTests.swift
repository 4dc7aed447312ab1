import PluginAPI
import Testing

@testable import PostgresPlugin

/// Random walks against a model of the server, which knows what was really committed.
@Suite("Postgres pipeline: any sequence")
struct MachineModelTests {
    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// The other side: transactions in the order they were sent, and how often each write was committed.
    private struct Server {
        var transactions: [[PipelineRequest]] = []
        var commits: [UInt64: Int] = [:]
        var prepared: Set<String> = []
    }

    private struct Ends {
        var completed: Set<UInt64> = []
        var failed: [UInt64: PostgresFailure.Kind] = [:]
        var total = 0
    }

    @Test(
        "each ends once; a write is stored at most once, and success and refusal mean what they say", arguments: 0..<60)
    func walk(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        let isReading = seed % 3 == 0
        let mode = isReading ? PipelineRules.Mode.reading(groupsOf: 4, upTo: 9) : .writing(batchesOf: 8)
        let run = MachineRun(mode, prepares: seed % 2 == 0)
        var server = Server()
        var ends = Ends()
        var submitted: [PipelineRequest] = []
        for _ in 0..<400 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...4:
                let lane = "\(Int.random(in: 0..<4, using: &random))"
                let steps = (0..<Int.random(in: 1...2, using: &random)).map { "s\($0)" }
                submitted.append(run.submit(steps, lane: lane))
            case 5...7: serve(&server, run, &random)
            case 8: run.advance(.milliseconds(Int64.random(in: 0...900, using: &random)))
            default:
                if Int.random(in: 0..<4, using: &random) == 0 { run.lose() }
                if run.machine.link == .connecting {
                    if Bool.random(using: &random) {
                        run.machine.connected(now: run.now)
                    } else {
                        let refused = PostgresFailure(kind: .connection, message: "refused")
                        run.machine.connectFailed(refused, now: run.now, jitter: 0.5)
                    }
                }
            }
            run.advance()
            perform(run, &server, &ends)
        }
        run.machine.closed(PostgresFailure(kind: .outcomeUnknown, message: "closed"))
        perform(run, &server, &ends)

        #expect(run.machine.isIdle && run.machine.underWay == 0)
        #expect(submitted.count > 100 && !ends.completed.isEmpty)
        #expect(ends.total == submitted.count)
        for request in submitted where !isReading {
            let commits = server.commits[request.number] ?? 0
            #expect(commits <= 1)
            if ends.completed.contains(request.number) {
                #expect(commits == 1)
            } else if ends.failed[request.number] != .outcomeUnknown {
                #expect(commits == 0, "refused, but stored")
            }
        }
    }

    private func perform(_ run: MachineRun, _ server: inout Server, _ ends: inout Ends) {
        for effect in run.machine.takeEffects() {
            switch effect {
            case .prepare(let statement):
                server.transactions.append([])
                let isNew = server.prepared.insert(statement.name).inserted
                #expect(isNew)
            case .send(let requests): server.transactions.append(requests)
            case .drop:
                server.transactions = []
                server.prepared = []
            case .complete(let requests):
                for request in requests {
                    let isFirst = ends.completed.insert(request.number).inserted
                    #expect(isFirst)
                    ends.total += 1
                }
            case .fail(let request, let failure):
                let earlier = ends.failed.updateValue(failure.kind, forKey: request.number)
                #expect(earlier == nil)
                ends.total += 1
            case .reroute(let requests):
                for request in requests { run.machine.submitted(request, now: run.now) }
            case .connect, .suffered, .recovered: break
            }
        }
    }

    /// Answers the oldest transaction, wholly or until a step of it fails, and perhaps is lost before it can say so.
    private func serve(_ server: inout Server, _ run: MachineRun, _ random: inout SplitMix) {
        guard run.machine.isReady, !server.transactions.isEmpty else { return }
        let requests = server.transactions.removeFirst()
        guard !requests.isEmpty else {
            run.answers(1)
            #expect(run.endsTransaction())
            return
        }
        let steps = requests.flatMap { request in request.steps.map { _ in request.number } }
        let offender = Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: steps.indices, using: &random) : nil
        for (place, number) in steps.enumerated() {
            if let offender, place == offender {
                let state = ["23505", "57014", "40P01"].randomElement(using: &random) ?? "23505"
                #expect(run.fails(state))
            } else if let offender, place > offender {
                run.machine.skipped(now: run.now)
            } else {
                #expect(run.answers(1) == [number])
            }
        }
        if offender == nil { for request in requests { server.commits[request.number, default: 0] += 1 } }
        guard Int.random(in: 0..<8, using: &random) > 0 else { return run.lose() }
        #expect(run.endsTransaction())
    }
}
