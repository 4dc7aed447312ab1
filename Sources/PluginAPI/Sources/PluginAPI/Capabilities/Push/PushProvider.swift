/// What is to be shown on a device (`presence-and-push.md` 6).
public struct PushNotification: Sendable, Hashable {
    /// Whose phone is to be told.
    public var device: DeviceIdentity
    /// The conversation to open on a tap.
    public var conversation: ConversationID
    /// The message that came; a second push with the same replaces the first on the screen.
    public var message: MessageID
    /// Who wrote it.
    public var sender: Message.Sender
    /// The line above the text.
    public var title: String
    /// Nil when the app wants no text in pushes.
    public var body: String?
    /// When it is no longer worth showing.
    public var expiresAt: Timestamp

    /// Makes a notification.
    public init(
        device: DeviceIdentity,
        conversation: ConversationID,
        message: MessageID,
        sender: Message.Sender,
        title: String,
        body: String?,
        expiresAt: Timestamp
    ) {
        self.device = device
        self.conversation = conversation
        self.message = message
        self.sender = sender
        self.title = title
        self.body = body
        self.expiresAt = expiresAt
    }
}

/// How a provider answered, or why it could not be asked.
public struct PushAnswer: Sendable, Hashable {
    /// What to do with the push, and with the token.
    public enum Verdict: Sendable, Hashable {
        /// It is on its way.
        case accepted
        /// The token is nobody's any more: it is to be forgotten.
        case tokenIsDead
        /// This push will never be taken.
        case refused
        /// Not now. After so long at the earliest, if the provider said so.
        case tryAgain(after: Duration?)
        /// The provider cannot be reached and was not even asked; this is no attempt.
        case unavailable(for: Duration)
    }

    /// What to do.
    public var verdict: Verdict
    /// The provider's name of the push, or the reason in its own words; at most 500 bytes.
    public var detail: String

    /// Makes an answer.
    public init(_ verdict: Verdict, _ detail: String) {
        self.verdict = verdict
        self.detail = detail
    }
}

/// One way to phones: Firebase, Apple, …. A plugin provides it under ``Capability/pushProvider(_:)``.
///
/// It is handed pushes that are due and decides nothing about them. What fails is handed over again later; a provider
/// itself repeats only what was certainly not taken, such as a request over a connection that broke.
public protocol PushProvider: Sendable {
    /// Why pushes of an app cannot be delivered, in one sentence; nil: they can.
    func obstacle(for app: AppID) -> String?

    /// Delivers a push. `answered` is called exactly once, on any thread, and must be quick.
    func deliver(_ push: PushNotification, to token: PushToken, answered: @escaping @Sendable (PushAnswer) -> Void)

    /// Makes the request that ``deliver(_:to:answered:)`` would make, and tells people of it.
    ///
    /// - Parameter isDryRun: the provider is asked to check it and to deliver nothing.
    func explain(_ push: PushNotification, to token: PushToken, isDryRun: Bool) async -> PushExplanation
}

/// A request to a provider and what came of it.
public struct PushExplanation: Sendable, Hashable {
    /// The request and the answers as they came, without secrets; one line each.
    public var lines: [String]
    /// What a push would have made of it.
    public var answer: PushAnswer

    /// Makes an explanation.
    public init(_ lines: [String], _ answer: PushAnswer) {
        self.lines = lines
        self.answer = answer
    }
}

extension Capability where Value == any PushProvider {
    /// The way to the tokens of this kind.
    public static func pushProvider(_ kind: PushTokenProvider) -> Self {
        Self(CapabilityName(rawValue: "push-\(kind.rawValue)"))
    }
}

extension PushToken {
    /// Who can really deliver to it. Devices of Apple register Firebase's tokens too; Apple's own are 64 hexadecimal
    /// digits (`presence-and-push.md` 4).
    public var route: PushTokenProvider {
        let isApples = token.utf8.count == 64 && token.utf8.allSatisfy(\.isHexDigit)
        return isApples ? .apns : .fcm
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
