/// Status codes of close frames (RFC 6455, section 7.4, and the IANA registry).
enum WebSocketCloseCode {
    static let normal: UInt16 = 1000
    static let goingAway: UInt16 = 1001
    static let protocolError: UInt16 = 1002
    static let invalidData: UInt16 = 1007
    static let policyViolation: UInt16 = 1008
    static let messageTooBig: UInt16 = 1009
    static let internalError: UInt16 = 1011
    static let tryAgainLater: UInt16 = 1013

    /// Whether a peer may put this code into a close frame. 1004 is undefined; 1005, 1006 and 1015 only name what
    /// happened locally and never travel.
    static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: return true
        default: return false
        }
    }
}
