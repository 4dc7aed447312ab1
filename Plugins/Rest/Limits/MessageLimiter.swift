import NIOPosix
import PluginAPI

/// Slows down a device that sends faster than it may (`http.md` 7).
///
/// A message is held until a token is free, since clients do not repeat one that was refused; only what would have to
/// wait too long is refused. A held request keeps a suspended task and no thread.
struct MessageLimiter: Sendable {
    /// A token that a device was given, to be handed back if its message is none.
    typealias Token = RateLimit<DeviceIdentity>.Take

    private let limit: RateLimit<DeviceIdentity>?
    private let excuse: String
    private let eventLoops: any EventLoopGroup

    /// - Parameters:
    ///   - shared: what counts over all nodes, if there is any.
    ///   - eventLoops: where the timers of held messages are.
    init(
        _ settings: RestSettings, shared: (any SharedLimiter)? = nil,
        eventLoops: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.eventLoops = eventLoops
        excuse = "Maximum \(Self.text(settings.messageRate)) messages per second"
        guard settings.messageRate > 0 else {
            limit = nil
            return
        }
        let held = settings.messageRate * Double(settings.messageMaxDelay.wholeMilliseconds) / 1_000
        limit = RateLimit(
            TokenBucket.Rules(
                capacity: settings.messageBurst, refillPerSecond: settings.messageRate, maxDebt: Int(clamping: held)),
            shared: shared
        ) { $0.limitName("message") }
    }

    /// Returns when the device may send. Throws ``HTTPFailure`` 429, or `CancellationError` when the client went away.
    func admit(_ device: DeviceIdentity) async throws -> Token? {
        let (token, delay) = try await reserve(device, at: .now())
        guard let delay else { return token }
        do {
            try await eventLoops.pause(for: delay)
        } catch {
            giveBack(device, token)
            throw error
        }
        return token
    }

    /// Takes a token, and says how long to wait for it; nil: not at all.
    func reserve(_ device: DeviceIdentity, at now: NIODeadline) async throws(HTTPFailure) -> (Token?, Duration?) {
        let token = await limit?.take(device, at: now)
        switch token?.outcome.decision {
        case nil, .now: return (token, nil)
        case .after(let delay): return (token, delay)
        case .rejected(let wait):
            throw .rateLimited("Rate limit exceeded", message: excuse, wait: wait)
        }
    }

    /// The body was no message: it costs nothing.
    func giveBack(_ device: DeviceIdentity, _ token: Token?) {
        if let token { limit?.giveBack(device, token) }
    }

    private static func text(_ rate: Double) -> String {
        Int64(exactly: rate).map { String($0) } ?? rate.description
    }
}

extension FixedWidthInteger {
    /// The number without its fraction, or the nearest end of the range; 0 for NaN.
    init(clamping value: Double) {
        if let exact = Self(exactly: value.rounded(.towardZero)) {
            self = exact
        } else if value.isNaN {
            self = 0
        } else {
            self = value < 0 ? .min : .max
        }
    }
}

extension DeviceIdentity {
    /// The device in a limit that all nodes share. The length keeps two parts that clients choose apart.
    func limitName(_ limit: String) -> String {
        "\(limit):\(app.rawValue.utf8.count):\(app.rawValue):\(device.rawValue)"
    }
}
