import NIOCore
import NIOHTTP2
import PluginAPI

/// What the streams of one HTTP/2 connection share, and when the connection ends. Bound to its loop.
///
/// The times of HTTP/1.1 hold: `requestTimeout` for the preface, for each frame and header block and for the first
/// request; `idleTimeout` without a stream, and for an answer that is not taken. GOAWAY (RFC 9113 section 6.8) says which
/// streams were served: whatever a peer has sent meanwhile it can send again elsewhere.
final class HTTP2Connection: TimerTarget {
    /// Bytes of answers that one connection may have waiting; further requests are started as they leave.
    private static let unsentLimit = 4 * 1024 * 1024
    /// What a request counts for until its answer is known.
    static let reservation = 256 * 1024

    let desk: ConnectionDesk
    private let channel: any Channel
    private var timer: TimerWheel.Timer?
    private var isEnding = false

    private var streamCount = 0
    private var lastStream = HTTP2StreamID.rootStream
    private var hasServed = false
    /// Since when there has been no stream.
    private var quietSince = NIODeadline.now()
    /// When the part that is arriving began; nil between two frames.
    private var partBegun: NIODeadline? = .now()
    private(set) var lastProgress = NIODeadline.now()

    /// Answers that were handed over as a whole and have not left.
    private var flushing = 0
    private var unsent = 0
    private var waiting: [HTTP2StreamHandler] = []
    private var arriving = 0

    init(desk: ConnectionDesk, channel: any Channel) {
        self.desk = desk
        self.channel = channel
    }

    // MARK: Its time

    func begin() {
        timer = desk[channel.eventLoop].timers.makeTimer(for: self)
        rearm()
    }

    func end() {
        timer?.cancel()
        timer = nil
        waiting = []
    }

    private var deadline: NIODeadline? {
        let limits = desk.configuration
        var deadlines: [NIODeadline] = []
        if let partBegun { deadlines.append(partBegun + limits.requestTimeout) }
        if streamCount == 0, flushing > 0 {
            deadlines.append(lastProgress + limits.idleTimeout)
        } else if streamCount == 0 {
            let time = hasServed ? limits.idleTimeout : min(limits.idleTimeout, limits.requestTimeout)
            deadlines.append(quietSince + time)
        }
        return deadlines.min()
    }

    private func rearm() {
        if let deadline { timer?.arm(at: deadline) }
    }

    func timerFired(at now: NIODeadline) -> NIODeadline? {
        let limits = desk.configuration
        guard let deadline, deadline <= now else { return deadline ?? now + limits.idleTimeout }
        let isIdle = streamCount == 0 && flushing == 0 && partBegun.map { $0 + limits.requestTimeout > now } ?? true
        close(isIdle ? .noError : .enhanceYourCalm)
        return nil
    }

    /// Bytes came.
    ///
    /// - Parameters:
    ///   - isMidway: a frame or a header block has begun and not ended.
    ///   - isProgress: one has ended.
    func received(isMidway: Bool, isProgress: Bool, at now: NIODeadline = .now()) {
        if !isMidway {
            partBegun = nil
        } else if partBegun == nil || isProgress {
            partBegun = now
            rearm()
        }
    }

    // MARK: Its streams

    func streamOpened(_ id: HTTP2StreamID) {
        streamCount += 1
        hasServed = true
        lastStream = max(lastStream, id)
        lastProgress = .now()
    }

    func streamClosed() {
        streamCount -= 1
        quietSince = .now()
        closeIfDone()
        rearm()
    }

    func progressed() { lastProgress = .now() }

    /// A stream's answer is not taken. Where nothing else moves either, the whole connection ends.
    func stalled(at now: NIODeadline) -> Bool {
        guard lastProgress + desk.configuration.idleTimeout <= now else { return false }
        close(.enhanceYourCalm)
        return true
    }

    /// Counts an answer that was handed over until the answered closure is called: a stream is closed before its last
    /// bytes have left.
    func flushBegan() -> () -> Void {
        flushing += 1
        return {
            self.flushing -= 1
            self.progressed()
            self.closeIfDone()
            self.rearm()
        }
    }

    // MARK: Its bounds

    /// Whether a request may start now; otherwise it is started later.
    func mayStart(_ handler: HTTP2StreamHandler) -> Bool {
        guard unsent == 0 || unsent + Self.reservation <= Self.unsentLimit else {
            waiting.append(handler)
            return false
        }
        unsent += Self.reservation
        return true
    }

    func forget(_ handler: HTTP2StreamHandler) { waiting.removeAll { $0 === handler } }

    /// What a stream has waiting changes.
    func changeUnsent(by difference: Int) {
        unsent += difference
        while let first = waiting.first, unsent == 0 || unsent + Self.reservation <= Self.unsentLimit {
            waiting.removeFirst()
            unsent += Self.reservation
            first.start()
        }
    }

    /// Whether so many bytes more of request bodies may be kept.
    func mayKeep(_ byteCount: Int) -> Bool {
        guard arriving + byteCount <= max(desk.configuration.maxBodyBytes, Self.unsentLimit) else { return false }
        arriving += byteCount
        return true
    }

    func dropped(_ byteCount: Int) { arriving -= byteCount }
}

// MARK: Its end

extension HTTP2Connection {
    /// Asks the peer for no more requests; what is under way is finished.
    func shutDown() {
        guard !isEnding else { return }
        isEnding = true
        // Requests that are on their way are served too.
        if streamCount > 0 { goAway(.maxID, .noError) }
        closeIfDone()
    }

    private func closeIfDone() {
        guard isEnding, streamCount == 0, flushing == 0 else { return }
        // The frame that ended the last stream is flushed after this.
        channel.eventLoop.assumeIsolated().execute {
            guard self.streamCount == 0 else { return }
            self.close(.noError)
        }
    }

    private func close(_ code: HTTP2ErrorCode) {
        goAway(lastStream, code)
        channel.close(promise: nil)
    }

    private func goAway(_ last: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        let frame = HTTP2Frame(
            streamID: .rootStream, payload: .goAway(lastStreamID: last, errorCode: code, opaqueData: nil))
        channel.writeAndFlush(frame, promise: nil)
    }
}
