import PluginAPI

/// Makes what happens to connections visible: in metrics, in the log as sums, and line by line at `debug`.
final class SocketIOMonitor: Sendable {
    let meters: SocketIOMeters
    private let summary: LogSummary
    private let logger: Logger

    init(meters: SocketIOMeters, summary: LogSummary, logger: Logger) {
        self.meters = meters
        self.summary = summary
        self.logger = logger
    }

    /// A request for a connection was refused.
    func refused(_ reason: RefusalReason, from address: String) {
        meters.refused(reason)
        logger.debug(
            "A connection was refused", metadata: ["reason": "\(reason.rawValue)", "client": "\(address)"])
        guard reason.isLimit else { return }
        summary.note(
            .warning, "Connections were refused: an address has reached a limit",
            ["reason": reason.rawValue, "client": address, "hint": Self.hint])
    }

    /// A CONNECT was refused.
    func refused(_ refusal: ConnectRefusal, of namespace: String, from address: String) {
        meters.refused(refusal.reason)
        if logger.logLevel <= .debug {
            logger.debug(
                "A CONNECT was refused",
                metadata: [
                    "reason": "\(refusal.reason.rawValue)", "namespace": "\(namespace)", "client": "\(address)",
                    "app": "\(refusal.app?.rawValue ?? "-")",
                ])
        }
        var about = ["reason": refusal.reason.rawValue]
        switch refusal.reason {
        case .connectionsPerApp: about["app"] = refusal.app?.rawValue
        case .refusalsPerAddress, .attemptsPerAddress, .connectionsPerAddress: about["client"] = address
        default: break
        }
        summary.note(refusal.reason.isLimit ? .warning : .info, "CONNECTs were refused", about)
    }

    /// A connection ended.
    func closed(_ close: EngineIOClose, from address: String) {
        meters.closed(close.cause)
        switch close.cause {
        case .client, .shutdown, .replaced: return
        default: break
        }
        if logger.logLevel <= .debug {
            logger.debug(
                "A connection was closed",
                metadata: [
                    "cause": "\(close.cause.rawValue)", "code": "\(close.code ?? 0)", "reason": "\(close.text)",
                    "client": "\(address)",
                ])
        }
        if close.cause.isViolation || close.cause == .slowReader || close.cause == .refused {
            summary.note(.info, "Connections were closed", ["cause": close.cause.rawValue])
        }
    }

    /// A connection made room for a newer one of its device.
    func replaced(_ device: DeviceIdentity) {
        logger.debug(
            "A device has as many connections as it may: the one silent for longest made room",
            metadata: ["app": "\(device.app)", "device": "\(device.device)"])
        summary.note(
            .info, "Connections made room for newer ones of their devices", ["app": device.app.rawValue])
    }

    /// An event could not be fulfilled.
    func failed(_ event: FailedEvent, of app: AppID) {
        meters.failed(event)
        guard logger.logLevel <= .debug else { return }
        logger.debug(
            "An event failed",
            metadata: ["event": "\(event.event.rawValue)", "code": "\(event.code.rawValue)", "app": "\(app)"])
    }

    /// Writes the sums that were not written yet.
    func close() { summary.close() }

    private static let hint = "if this is a proxy, server.trusted_proxies must list it"
}
