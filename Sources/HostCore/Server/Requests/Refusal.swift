import HTTPTypes
import NIOCore
import PluginAPI

/// An answer of the listener itself, after which the connection is closed.
struct Refusal: Error {
    var status: HTTPResponse.Status
    var code: String
    var error: String
    var headers: HTTPFields = [:]

    var head: HTTPResponse {
        var fields = headers
        fields[.contentType] = "application/json"
        return HTTPResponse(status: status, headerFields: fields)
    }

    var body: ByteBuffer {
        var json = JSONWriter()
        json.beginObject()
        json.field("error", error)
        json.field("code", code)
        json.endObject()
        return json.buffer
    }
}

extension Refusal {
    static let payloadTooLarge = Refusal(
        status: .contentTooLarge, code: "PAYLOAD_TOO_LARGE", error: "Request body too large")
    /// One connection's requests together have too much of their bodies here.
    static let tooMuchArriving = Refusal(
        status: .serviceUnavailable, code: "SERVICE_UNAVAILABLE", error: "Too many request bodies at once",
        headers: [.retryAfter: "1"])
    /// The plugin of a websocket stopped while its upgrade was under way; as a rule it is back in a moment.
    static let restarting = Refusal(
        status: .serviceUnavailable, code: "SERVICE_UNAVAILABLE", error: "Service unavailable",
        headers: [.retryAfter: "1"])
    static let headersTooLarge = Refusal(
        status: .requestHeaderFieldsTooLarge, code: "HEADERS_TOO_LARGE", error: "Request header fields too large")
    static let timeout = Refusal(
        status: .requestTimeout, code: "REQUEST_TIMEOUT", error: "The request took too long to arrive")
    static let failed = Refusal(
        status: .internalServerError, code: "INTERNAL_ERROR", error: "Internal server error")
    static let unknownExpectation = Refusal(
        status: .expectationFailed, code: "EXPECTATION_FAILED", error: "Unknown expectation")

    /// RFC 6455 section 4.4: the refusal names the version that is spoken.
    static let webSocketVersion = Refusal(
        status: .upgradeRequired, code: "UPGRADE_REQUIRED", error: "Unsupported websocket version",
        headers: [.secWebSocketVersion: "13"])

    static func invalidRequest(_ error: String = "Invalid request") -> Refusal {
        Refusal(status: .badRequest, code: "INVALID_REQUEST", error: error)
    }
}
