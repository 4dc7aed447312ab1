import PluginAPI

extension ChatService {
    func identify(_ user: UserProfile, on device: DeviceIdentity) async throws {
        try Self.check(user)
        try await store.identify(user, on: device, at: clock.now)
        hub.publish(.userIdentified(device, user), to: [])
    }

    func registerPushToken(_ token: PushToken, of device: DeviceIdentity) async throws {
        guard token.token.utf16Length >= Self.tokenMinimum else {
            throw ChatError(.validation, "Push token must have at least \(Self.tokenMinimum) characters")
        }
        try await store.setPushToken(token, of: device, at: clock.now)
    }

    func track(_ event: TrackedEvent) throws {
        try recorder.accept(event)
        hub.publish(.eventTracked(event), to: [])
    }

    /// The bounds of a user id (`http.md` 5).
    static func check(_ user: UserProfile) throws {
        guard (1...Self.userIDLimit).contains(user.id.rawValue.utf16Length) else {
            throw ChatError(.validation, "User id must have 1 to \(Self.userIDLimit) characters")
        }
    }

    private static let userIDLimit = 255
    private static let tokenMinimum = 10
}
