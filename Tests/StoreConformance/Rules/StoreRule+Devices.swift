import PluginAPI
import Testing

extension StoreRule {
    private static let token = PushToken(token: "token-0123456789", provider: .fcm, platform: .android)

    /// The name of the rule about them, which a database that is an old server's, too, cannot keep.
    public static let longTokens = "push tokens of 4,096 bytes are kept, each by one device of the app"

    static let devices = [
        StoreRule("a push token is kept with provider and platform, also for a new device") { scene in
            let phone = scene.device()
            #expect(try await scene.store.pushToken(of: phone) == nil)
            try await scene.store.setPushToken(token, of: phone, at: at(1))
            #expect(try await scene.store.pushToken(of: phone) == token)
            let apns = PushToken(token: "other-0123456789", provider: .apns, platform: .ios)
            try await scene.store.setPushToken(apns, of: phone, at: at(2))
            #expect(try await scene.store.pushToken(of: phone) == apns)
            let device = try #require(try await scene.store.devices(of: .device("phone"), app: scene.app).first)
            #expect(device.platform == .ios && device.pushTokenProvider == .apns)
            #expect(device.pushTokenUpdatedAt == at(2) && device.createdAt == at(1) && device.userID == nil)
        },
        StoreRule("a push token moves to the device that registered it last, within its app") { scene in
            let other = try await scene.neighbour()
            try await scene.store.setPushToken(token, of: other.device(), at: at(1))
            try await scene.store.setPushToken(token, of: scene.device("old"), at: at(1))
            try await scene.store.setPushToken(token, of: scene.device("new"), at: at(2))
            #expect(try await scene.store.pushToken(of: scene.device("old")) == nil)
            #expect(try await scene.store.pushToken(of: scene.device("new")) == token)
            #expect(try await scene.store.pushToken(of: other.device()) == token)
            try await scene.store.setPushToken(token, of: scene.device("new"), at: at(3))
            #expect(try await scene.store.pushToken(of: scene.device("new")) == token)
        },
        StoreRule(longTokens) { scene in
            let other = try await scene.neighbour()
            let tokens = [LongToken.make(1), LongToken.make(2), String(repeating: "\u{20AC}", count: 1_365)].map {
                PushToken(token: $0, provider: .fcm, platform: .android)
            }
            for (number, token) in tokens.enumerated() {
                let (old, new) = (scene.device("old\(number)"), scene.device("new\(number)"))
                try await scene.store.setPushToken(token, of: old, at: at(1))
                try await other.store.setPushToken(token, of: other.device("same\(number)"), at: at(1))
                try await scene.store.setPushToken(token, of: new, at: at(2))
                try await scene.store.setPushToken(token, of: new, at: at(3))
                #expect(try await scene.store.pushToken(of: old) == nil)
                #expect(try await scene.store.pushToken(of: new) == token)
                #expect(try await other.store.pushToken(of: other.device("same\(number)")) == token)
            }
            #expect(try await scene.store.clearPushToken(tokens[0].token, of: scene.device("new0"), at: at(4)))
            #expect(try await scene.store.pushToken(of: scene.device("new1")) == tokens[1])
        },
        StoreRule("a push token is cleared only if it is still this one") { scene in
            try await scene.store.setPushToken(token, of: scene.device(), at: at(1))
            #expect(try await false == scene.store.clearPushToken("stale-0123456789", of: scene.device(), at: at(2)))
            #expect(try await scene.store.pushToken(of: scene.device()) == token)
            #expect(try await false == scene.store.clearPushToken(token.token, of: scene.device("other"), at: at(2)))
            #expect(try await scene.store.clearPushToken(token.token, of: scene.device(), at: at(3)))
            #expect(try await scene.store.pushToken(of: scene.device()) == nil)
            #expect(try await false == scene.store.clearPushToken(token.token, of: scene.device(), at: at(4)))
        },
        StoreRule("racing registrations of one token leave it with one device") { scene in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<30 {
                    group.addTask {
                        try await scene.store.setPushToken(token, of: scene.device("d\(number)"), at: at(1))
                    }
                }
                try await group.waitForAll()
            }
            var holders = 0
            for number in 0..<30 where try await scene.store.pushToken(of: scene.device("d\(number)")) != nil {
                holders += 1
            }
            #expect(holders == 1)
        },
        StoreRule("identifying and opening leave a device's push token alone") { scene in
            try await scene.store.setPushToken(token, of: scene.device(), at: at(1))
            try await scene.store.identify(UserProfile(id: "u1"), on: scene.device(), at: at(2))
            _ = try await scene.open(user: "u1")
            #expect(try await scene.store.pushToken(of: scene.device()) == token)
        },
        StoreRule("events are taken with every field or only the required ones, and none is no error") { scene in
            try await scene.store.record([])
            try await scene.store.record([
                TrackedEvent(
                    device: scene.device(), userID: "u1", name: "öffnet 🎉",
                    properties: #"{"a":1,"b":[true,null],"c\\u0000":"\\u0000"}"#, userPlan: "pro", userCountry: "DE",
                    sessionID: "s",
                    platform: "ios", appVersion: "1.0", at: at(1)),
                TrackedEvent(device: scene.device(), userID: "u1", name: "closed", sessionID: "s", at: at(2)),
            ])
        },
    ]
}
