/// The checks on the request that opens a session, in the order of the protocol's reference.
enum EngineIOHandshake {
    /// Why a request is refused. The raw value is the code on the wire.
    enum Refusal: Int, Error, Sendable, Hashable, CaseIterable {
        case transportUnknown = 0
        case sessionUnknown = 1
        case badMethod = 2
        case badRequest = 3
        case unsupportedVersion = 5

        /// The body of a refused upgrade, status 400.
        var message: String {
            switch self {
            case .transportUnknown: return "Transport unknown"
            case .sessionUnknown: return "Session ID unknown"
            case .badMethod: return "Bad handshake method"
            case .badRequest: return "Bad request"
            case .unsupportedVersion: return "Unsupported protocol version"
            }
        }

        /// The body of a refused plain request, status 400, `application/json`.
        var json: String { #"{"code":\#(rawValue),"message":"\#(message)"}"# }
    }

    /// Decides about a request on the Socket.IO path.
    ///
    /// Only websocket sessions exist and none outlives its socket, so every session id is unknown and every plain
    /// request is refused.
    ///
    /// - Parameters:
    ///   - method: the HTTP method, in capitals.
    ///   - query: what follows the `?`, still percent-encoded. The first of several equal names counts.
    ///   - isUpgrade: whether the request asks for a websocket.
    /// - Returns: nil when the session may open.
    static func check(method: String, query: String, isUpgrade: Bool) -> Refusal? {
        var transport: Substring?
        var sid: Substring?
        var version: Substring?
        // By bytes: each connection comes by here, and characters cost ten times as much.
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let name = pair.prefix { $0 != UInt8(ascii: "=") }
            let value = Substring(pair[name.endIndex...].dropFirst())
            switch Substring(name) {
            case "transport": transport = transport ?? value
            case "sid": sid = sid ?? value
            case "EIO": version = version ?? value
            default: continue
            }
        }
        guard transport == "websocket" else { return .transportUnknown }
        if let sid, !sid.isEmpty { return .sessionUnknown }
        guard method == "GET" else { return .badMethod }
        guard isUpgrade else { return .badRequest }
        guard version == "4" else { return .unsupportedVersion }
        return nil
    }
}
