/// Status codes of close frames (RFC 6455, section 7.4, and the IANA registry).
public enum WebSocketCloseCode {
    /// The purpose is fulfilled.
    public static let normal: UInt16 = 1000
    /// The server stops, or the client leaves the page.
    public static let goingAway: UInt16 = 1001
    /// A rule of the protocol was broken.
    public static let protocolError: UInt16 = 1002
    /// A kind of message that has no place here, such as binary data.
    public static let unsupportedData: UInt16 = 1003
    /// A text is not UTF-8, or a message is not what its kind says.
    public static let invalidData: UInt16 = 1007
    /// Against a rule of the server that has no code of its own.
    public static let policyViolation: UInt16 = 1008
    /// Longer than the server takes.
    public static let messageTooBig: UInt16 = 1009
    /// A fault of the server.
    public static let internalError: UInt16 = 1011
    /// The service is being restarted: come back soon.
    public static let serviceRestart: UInt16 = 1012
    /// The server cannot do its work at the moment.
    public static let tryAgainLater: UInt16 = 1013

    /// Whether a peer may put this code into a close frame. 1004 is undefined; 1005, 1006 and 1015 only name what
    /// happened locally and never travel.
    public static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: return true
        default: return false
        }
    }
}
