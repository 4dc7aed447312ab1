/// What crosses plugin borders when a request cannot be fulfilled.
///
/// Each wire translates it in one place: Rest into a status and a body (`http.md` 4), Socket.IO into an ack error,
/// the legacy websocket into an error frame. ``reason`` is chosen by us and safe to show to anyone; what lies behind
/// it is in ``underlying`` and for logs only.
public struct ChatError: Error, Sendable {
    /// Why; an open set: new codes may appear in a minor version.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The word on the wire, such as `CONVERSATION_NOT_FOUND`.
        public let description: String

        /// Names a code, in capitals and underscores.
        public init(_ word: String) { description = word }

        /// No such conversation, or not the caller's.
        public static let conversationNotFound = Code("CONVERSATION_NOT_FOUND")
        /// No such message, or not the caller's.
        public static let messageNotFound = Code("MESSAGE_NOT_FOUND")
        /// No such app.
        public static let appNotFound = Code("APP_NOT_FOUND")
        /// The text is longer than the contract allows.
        public static let messageTooLong = Code("MESSAGE_TOO_LONG")
        /// A part of the call is missing or of the wrong kind.
        public static let invalidPayload = Code("INVALID_PAYLOAD")
        /// The body breaks rules; the details name each.
        public static let validation = Code("VALIDATION_ERROR")
        /// Somebody was quicker, or has the name.
        public static let conflict = Code("CONFLICT")
        /// The caller is known and may not.
        public static let forbidden = Code("FORBIDDEN")
        /// The device's secret is missing, or another one.
        public static let invalidDeviceSecret = Code("INVALID_DEVICE_SECRET")
        /// The user's token is missing, or not this user's.
        public static let invalidUserToken = Code("INVALID_USER_TOKEN")
        /// Too much at once.
        public static let rateLimited = Code("RATE_LIMIT_EXCEEDED")
        /// The store cannot be reached or refuses to write; nothing was stored. Worth trying again.
        public static let unavailable = Code("SERVICE_UNAVAILABLE")
        /// The store has no room left; nothing was stored.
        public static let storageFull = Code("STORAGE_FULL")
        /// A fault of the server; nothing of it is told.
        public static let internalError = Code("INTERNAL_ERROR")
    }

    /// What clients go by.
    public var code: Code
    /// Safe to show to anyone.
    public var reason: String
    /// Advice for ``Code/unavailable`` and ``Code/rateLimited``.
    public var retryAfter: Duration?
    /// For logs only.
    public var underlying: (any Error)?
    /// Where it was thrown, for the log.
    public var file: StaticString
    /// Where it was thrown, for the log.
    public var line: UInt

    /// Makes an error; place and line are the caller's.
    public init(
        _ code: Code,
        _ reason: String,
        retryAfter: Duration? = nil,
        underlying: (any Error)? = nil,
        file: StaticString = #fileID,
        line: UInt = #line
    ) {
        self.code = code
        self.reason = reason
        self.retryAfter = retryAfter
        self.underlying = underlying
        self.file = file
        self.line = line
    }
}

extension ChatError: CustomStringConvertible, CustomDebugStringConvertible {
    /// Safe to show to anyone: the code and the public reason.
    public var description: String { "\(code): \(reason)" }

    /// For logs only: the whole chain.
    public var debugDescription: String {
        let cause = underlying.map { ", because of \(ErrorText.detailed($0))" } ?? ""
        return "\(code): \(reason) (at \(file):\(line)\(cause))"
    }
}

extension ChatError {
    /// The conversation does not exist, or is another app's or device's: the three look alike to the caller.
    public static func conversationNotFound(file: StaticString = #fileID, line: UInt = #line) -> ChatError {
        ChatError(.conversationNotFound, "Conversation not found", file: file, line: line)
    }

    /// The message does not exist in the conversation.
    public static func messageNotFound(file: StaticString = #fileID, line: UInt = #line) -> ChatError {
        ChatError(.messageNotFound, "Message not found", file: file, line: line)
    }

    /// The body is longer than ``Message/bodyLimit``.
    public static func messageTooLong(file: StaticString = #fileID, line: UInt = #line) -> ChatError {
        ChatError(.messageTooLong, "Message body cannot exceed 5000 characters", file: file, line: line)
    }
}
