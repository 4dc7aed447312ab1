import PluginAPI

@testable import PushPlugin

let token = PushToken(token: "token-0123456789", provider: .fcm, platform: .android)
let now = Timestamp(milliseconds: 1_769_681_757_120)

func waiting(
    _ id: String = "m1", at seconds: Int64 = 0, body: String = "Hello", sender: Message.Sender = .agent,
    status: MessageStatus = .sent, hold: PushHold? = nil, attempts: Int = 0, first: Timestamp? = nil,
    token: PushToken? = token, isGone: Bool = false
) -> WaitingPush {
    WaitingPush(
        message: MessageID(id), conversation: "c1", device: DeviceIdentity(app: "app", device: "phone"),
        createdAt: now + .seconds(seconds), expiresAt: now + .seconds(86_400), attempts: attempts,
        firstAttemptAt: first,
        hold: hold, content: isGone ? nil : .init(sender: sender, body: body, status: status), token: token)
}
