import CCurl
import Glibc
import PluginAPI

/// The one thread that speaks HTTP/2 to Firebase: it performs what the projects' machines decide.
final class Courier {
    private enum Purpose {
        case errand(ProjectMachine.Job)
        case token(project: Int)
    }

    private static let longestWait: CInt = 1_000
    /// With so many on the wire, answers that come within so many microseconds are taken together: each look at the
    /// connections costs a little for every request that is on them.
    private static let gathering = (from: 8, time: UInt32(1_000))
    /// How long requests on the wire are waited for when the inbox is closed.
    private static let closingPatience = TimeAmount.seconds(5)

    private let inbox: CourierInbox
    private let multi: CurlMulti
    private let options: TransferOptions
    private let clock: any WallClock
    private let report: @Sendable (_ project: String, _ problem: String?) -> Void
    private var projects: [CourierProject]
    private var errands: [ProjectMachine.Job: Errand] = [:]
    private var lastJob: ProjectMachine.Job = 0
    /// The project that was looked at last.
    private var turn = 0
    /// When it ends at the latest; nil: the inbox is open.
    private var end: NIODeadline?
    private var idle: [Transfer] = []
    /// Where payloads are written.
    private var payload = PayloadText()
    private var busy: [UnsafeMutableRawPointer: (transfer: Transfer, purpose: Purpose)] = [:]

    /// Nil when curl has no memory.
    ///
    /// - Parameter report: called on the courier's thread when a project's way breaks down, and with nil when it works.
    init?(
        _ projects: [CourierProject],
        inbox: CourierInbox,
        options: TransferOptions,
        clock: any WallClock,
        report: @escaping @Sendable (_ project: String, _ problem: String?) -> Void
    ) {
        guard let multi = CurlMulti() else { return nil }
        self.projects = projects
        self.inbox = inbox
        self.multi = multi
        self.options = options
        self.clock = clock
        self.report = report
    }

    /// Works until the inbox is closed and every errand is answered: what is not on the wire by then, at once as not
    /// asked; what is on the wire by its answer, as long as that comes within ``closingPatience``.
    func run() {
        Self.blockSIGPIPE()
        inbox.listen(multi.waker)
        while true {
            let (new, isClosed) = inbox.take()
            let now = NIODeadline.now()
            for errand in new { accept(errand, at: now) }
            if isClosed {
                let end = self.end ?? now + Self.closingPatience
                self.end = end
                giveBackWaiting()
                if errands.isEmpty || now >= end { break }
            } else {
                dispatch(at: now)
            }
            multi.perform()
            if !reap() { wait(at: now) }
        }
        for errand in errands.values { errand.answered(.stopping) }
        for (transfer, _) in busy.values { multi.remove(transfer) }
        busy.removeAll()
        inbox.listen(nil)
    }

    /// What is not on the wire: it never was, or a machine wants to send it again.
    private func giveBackWaiting() {
        var onWire: Set<ProjectMachine.Job> = []
        for case (_, .errand(let job)) in busy.values { onWire.insert(job) }
        for job in errands.keys where !onWire.contains(job) { errands.removeValue(forKey: job)?.answered(.stopping) }
    }

    /// OpenSSL writes to sockets that their peer may have closed; without handlers of its own curl leaves that to us.
    private static func blockSIGPIPE() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    private func accept(_ errand: Errand, at now: NIODeadline) {
        lastJob += 1
        errands[lastJob] = errand
        projects[errand.project].machine.submit(lastJob, at: now)
    }

    /// The projects take turns, so that one with much to send does not take all the room.
    private func dispatch(at now: NIODeadline) {
        var silent = 0
        while silent < projects.count {
            turn = (turn + 1) % projects.count
            if let effect = projects[turn].machine.next(canSend: busy.count < CurlMulti.streams, at: now) {
                perform(effect, of: turn)
                silent = 0
            } else {
                silent += 1
            }
        }
    }

    private func perform(_ effect: ProjectMachine.Effect, of index: Int) {
        switch effect {
        case .send(let job, let token, let onFreshConnection): send(job, of: index, token, onFreshConnection)
        case .fetchToken: fetchToken(of: index)
        case .answer(let job, let answer): errands.removeValue(forKey: job)?.answered(answer)
        case .report(let problem): report(projects[index].account.projectID, problem)
        }
    }

    private func send(_ job: ProjectMachine.Job, of index: Int, _ token: String, _ onFreshConnection: Bool) {
        guard let errand = errands[job] else { return }
        FCMPayload(push: errand.push, token: errand.token, now: clock.now)
            .write(to: &payload, validateOnly: errand.validateOnly)
        let request = Transfer.Request(
            url: projects[index].url, contentType: "application/json", bearer: token,
            onFreshConnection: onFreshConnection)
        if !payload.withBytes({ start(request, body: $0, .errand(job)) }) { ended(job, .failed("curl has no memory")) }
    }

    private func fetchToken(of index: Int) {
        do throws(RSASigner.Failure) {
            let (request, body) = try projects[index].tokenRequest(at: clock.now)
            let isStarted = body.withUnsafeBytes { start(request, body: $0, .token(project: index)) }
            if !isStarted { tokenFailed("curl has no memory", of: index) }
        } catch {
            tokenFailed("\(error)", of: index)
        }
    }

    private func start(_ request: Transfer.Request, body: UnsafeRawBufferPointer, _ purpose: Purpose) -> Bool {
        guard let transfer = idle.popLast() ?? multi.makeTransfer(options), transfer.set(request, body: body),
            multi.add(transfer)
        else {
            return false
        }
        busy[transfer.handle] = (transfer, purpose)
        return true
    }

    /// Takes the transfers that ended; whether there were any.
    private func reap() -> Bool {
        var isAny = false
        while let (handle, code) = multi.nextEnded() {
            isAny = true
            guard let (transfer, purpose) = busy.removeValue(forKey: handle) else { continue }
            multi.remove(transfer)
            switch purpose {
            case .errand(let job): ended(job, Self.outcome(of: transfer, code))
            case .token(let index): tokenEnded(transfer, code, of: index)
            }
            idle.append(transfer)
        }
        return isAny
    }

    private func ended(_ job: ProjectMachine.Job, _ outcome: ProjectMachine.Outcome) {
        guard let errand = errands[job] else { return }
        errand.watch?(outcome)
        let effects = projects[errand.project].machine.ended(
            job, outcome, at: .now(), random: Double.random(in: 0...1))
        for effect in effects { perform(effect, of: errand.project) }
    }

    private func tokenEnded(_ transfer: Transfer, _ code: CURLcode, of index: Int) {
        guard code == CURLE_OK else { return tokenFailed(transfer.problem(code), of: index) }
        switch TokenAnswer(status: transfer.status, body: transfer.answer) {
        case .refused(let reason): tokenFailed(reason, of: index)
        case .token(let token, let lifetime):
            let effects = projects[index].machine.tokenArrived(token, lifetime: lifetime, at: .now())
            for effect in effects { perform(effect, of: index) }
        }
    }

    private func tokenFailed(_ reason: String, of index: Int) {
        let effects = projects[index].machine.tokenFailed(reason, at: .now(), random: Double.random(in: 0...1))
        for effect in effects { perform(effect, of: index) }
    }

    private static func outcome(of transfer: Transfer, _ code: CURLcode) -> ProjectMachine.Outcome {
        let status = transfer.status
        return switch code {
        case CURLE_OK:
            .answer(status: status, body: transfer.answer, retryAfter: transfer.retryAfter)
        // It was taken, though the rest of the answer did not come: again, it would be shown twice.
        case _ where (200..<300).contains(status):
            .answer(status: status, body: [], retryAfter: nil)
        // The connection broke, whether or not the request was heard.
        case CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING,
            CURLE_PARTIAL_FILE:
            .broken(transfer.problem(code))
        default: .failed(transfer.problem(code))
        }
    }

    private func wait(at now: NIODeadline) {
        guard inbox.sleep() else { return }
        multi.wait(milliseconds: patience(at: now))
        if busy.count >= Self.gathering.from { usleep(Self.gathering.time) }
    }

    /// In milliseconds; curl itself wakes up earlier for its own deadlines.
    private func patience(at now: NIODeadline) -> CInt {
        let next = end ?? projects.indices.compactMap { projects[$0].machine.nextDeadline }.min()
        guard let next else { return Self.longestWait }
        let wait = (next - now).nanoseconds / 1_000_000 + 1
        return CInt(min(max(wait, 1), Int64(Self.longestWait)))
    }
}
