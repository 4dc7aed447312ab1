import PluginAPI

/// Why a connection or a CONNECT is refused. The raw value is a label of metrics.
enum RefusalReason: String, Sendable, Hashable, CaseIterable {
    /// The request that asks for a connection is wrong.
    case handshake
    case missingParameters = "missing_params"
    case invalidCredentials = "invalid_credentials"
    case invalidNamespace = "invalid_namespace"
    case connectionsPerApp = "connections_per_app"
    case connectionsPerAddress = "connections_per_address"
    case attemptsPerAddress = "attempts_per_address"
    case refusalsPerAddress = "refusals_per_address"
    /// It could not be found out whether the peer may come in.
    case unavailable
    /// For a reason of another plugin's namespace.
    case other

    init(_ excess: AddressLimits.Excess) {
        switch excess {
        case .connections: self = .connectionsPerAddress
        case .attempts: self = .attemptsPerAddress
        case .refusals: self = .refusalsPerAddress
        }
    }

    /// Whether it tells a stranger something: those who try many wait for their answers.
    var isGuess: Bool { self == .invalidCredentials || self == .other }

    /// Whether users stay outside who belong inside: operators have to hear of it.
    var isLimit: Bool {
        switch self {
        case .connectionsPerApp, .connectionsPerAddress, .attemptsPerAddress, .refusalsPerAddress: true
        default: false
        }
    }
}

/// A CONNECT is refused: what the peer reads, and what is counted.
struct ConnectRefusal: Error, Sendable, Hashable {
    var reason: RefusalReason
    /// What the peer reads in CONNECT_ERROR.
    var message: String
    /// The app that the peer named, unchecked.
    var app: AppID?

    init(_ reason: RefusalReason, _ message: String, app: AppID? = nil) {
        self.reason = reason
        self.message = message
        self.app = app
    }

    /// An error of a namespace, which may be another plugin's.
    init(_ error: any Error) {
        switch error {
        case let refusal as ConnectRefusal: self = refusal
        case let refusal as SocketIORefusal: self.init(.other, refusal.message)
        default: self.init(.unavailable, "Internal server error")
        }
    }

    static let invalidNamespace = ConnectRefusal(.invalidNamespace, "Invalid namespace")

    static func excess(_ excess: AddressLimits.Excess) -> ConnectRefusal {
        ConnectRefusal(RefusalReason(excess), "RATE_LIMIT_EXCEEDED")
    }
}
