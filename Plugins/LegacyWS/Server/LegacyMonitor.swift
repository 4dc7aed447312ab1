import PluginAPI

/// Makes what happens to connections visible: in metrics, in the log as sums, and line by line at `debug`.
final class LegacyMonitor: Sendable {
    let meters: LegacyMeters
    private let summary: LogSummary
    private let logger: Logger

    init(meters: LegacyMeters, summary: LogSummary, logger: Logger) {
        self.meters = meters
        self.summary = summary
        self.logger = logger
    }

    /// A request for a connection was refused.
    func refused(_ excess: AddressLimits.Excess, from address: String) {
        meters.refused(excess)
        logger.debug(
            "A connection was refused", metadata: ["reason": "\(excess.rawValue)", "client": "\(address)"])
        summary.note(
            .warning, "Connections were refused: an address has reached a limit",
            ["reason": excess.rawValue, "client": address, "hint": Self.hint])
    }

    /// A peer was not let in.
    func refused(_ refusal: LegacyClose, _ request: LegacyRequest) {
        meters.refused(refusal.code)
        if logger.logLevel <= .debug {
            logger.debug(
                "A peer was not let in",
                metadata: [
                    "code": "\(refusal.code)", "reason": "\(refusal.reason)", "app": "\(request.app)",
                    "client": "\(request.clientAddress)",
                ])
        }
        var about = ["code": "\(refusal.code)", "reason": refusal.reason]
        let isLimit = refusal == .tooManyConnections
        if isLimit { about["app"] = request.app }
        summary.note(isLimit ? .warning : .info, "Peers were not let in", about)
    }

    /// A connection was closed by us, refused or not.
    func closed(_ close: LegacyClose) {
        meters.closed(close.code)
        guard close.isViolation else { return }
        logger.debug("A connection was closed", metadata: ["code": "\(close.code)", "reason": "\(close.reason)"])
        summary.note(.info, "Connections were closed", ["code": "\(close.code)"])
    }

    /// A connection made room for a newer one of its device.
    func replaced(_ device: DeviceIdentity) {
        logger.debug(
            "A device has as many connections as it may: the one silent for longest made room",
            metadata: ["app": "\(device.app)", "device": "\(device.device)"])
        summary.note(.info, "Connections made room for newer ones of their devices", ["app": device.app.rawValue])
    }

    /// What a peer asked for could not be done.
    func failed(_ failure: LegacyFailure) {
        meters.failed(failure)
        logger.debug("A message failed", metadata: ["code": "\(failure.rawValue)"])
    }

    /// Writes the sums that were not written yet.
    func close() { summary.close() }

    private static let hint = "if this is a proxy, server.trusted_proxies must list it"
}
