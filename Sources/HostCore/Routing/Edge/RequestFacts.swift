import HTTPTypes
import PluginAPI

/// What is known of a request before it is routed, and needed after it was answered.
struct RequestFacts: Sendable {
    let id: String
    let method: String
    /// Without its query: queries may hold keys.
    let path: String
    /// Without its question mark; empty if there is none.
    let query: String
    /// The peer's address, or what a trusted proxy says.
    let clientAddress: String
    let cors: CORSPolicy.Verdict
    let isPreflight: Bool
    let started: NIODeadline
    /// Of its trace, if it is part of one.
    var trace: String?
    let hostLogger: Logger

    /// Carries the request's id, and its trace's if there is one. Made each time, as most upgrades write no line.
    var logger: Logger {
        var logger = hostLogger
        logger[metadataKey: "request_id"] = .string(id)
        if let trace { logger[metadataKey: "trace_id"] = .string(trace) }
        return logger
    }
}

/// `X-Request-Id`.
enum RequestID {
    static let name = HTTPField.Name("X-Request-Id")

    /// The client's own if it is harmless, else a new one.
    static func choose(_ given: String?) -> String {
        guard let given, (1...128).contains(given.utf8.count), given.utf8.allSatisfy(isHarmless) else {
            return IDGenerator.requestID()
        }
        return given
    }

    private static func isHarmless(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

/// `traceparent` (W3C Trace Context, section 3.2).
enum TraceParent {
    static let name = HTTPField.Name("traceparent")

    /// The id of the trace that a request belongs to; `nil` for a value that is not sound.
    static func traceID(_ value: String?) -> String? {
        guard let value else { return nil }
        let parts = value.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff", parts[1].utf8.count == 32,
            parts[2].utf8.count == 16, parts[3].utf8.count == 2,
            parts[0...3].allSatisfy({ $0.utf8.allSatisfy(isLowerHex) }), parts[1].contains(where: { $0 != "0" })
        else { return nil }
        return String(parts[1])
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
