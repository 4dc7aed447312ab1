import PluginAPI

/// Slows down a device that sends faster than it may (`http.md` 7).
///
/// A message is held until a token is free, since clients do not repeat one that was refused; only what would have to
/// wait too long is refused. A held request keeps a suspended task and no thread.
struct MessageLimiter: Sendable {
    private let table: TokenBucketTable<DeviceIdentity>?
    private let excuse: String

    init(_ settings: RestSettings) {
        excuse = "Maximum \(Self.text(settings.messageRate)) messages per second"
        guard settings.messageRate > 0 else {
            table = nil
            return
        }
        let held = settings.messageRate * Double(settings.messageMaxDelay.wholeMilliseconds) / 1_000
        table = TokenBucketTable(
            TokenBucket(
                capacity: settings.messageBurst, refillPerSecond: settings.messageRate, maxDebt: Int(clamping: held)))
    }

    /// Returns when the device may send. Throws ``HTTPFailure`` 429, or `CancellationError` when the client went away.
    func admit(_ device: DeviceIdentity) async throws {
        guard let delay = try reserve(device, at: .now()) else { return }
        do {
            try await Task.sleep(for: delay)
        } catch {
            table?.giveBack(device)
            throw error
        }
    }

    /// Takes a token, and says how long to wait for it; nil: not at all.
    func reserve(_ device: DeviceIdentity, at now: NIODeadline) throws(HTTPFailure) -> Duration? {
        switch table?.take(device, at: now).decision {
        case nil, .now: return nil
        case .after(let delay): return delay
        case .rejected(let wait):
            throw .rateLimited("Rate limit exceeded", message: excuse, wait: wait)
        }
    }

    /// The body was no message: it costs nothing.
    func giveBack(_ device: DeviceIdentity) {
        table?.giveBack(device)
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
