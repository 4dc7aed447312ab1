import PluginAPI

extension ChatService {
    func identify(_ user: UserProfile, on device: DeviceIdentity) async throws {
        try Self.check(user)
        try await store.identify(user, on: device, at: clock.now)
        hub.publish(.userIdentified(device, user), to: [])
    }

    func registerPushToken(_ token: PushToken, of device: DeviceIdentity) async throws {
        let bounds = TextBounds.pushTokenBytes
        guard token.token.utf16Length >= bounds.lowerBound, token.token.utf8.count <= bounds.upperBound,
            !token.token.holdsNUL
        else {
            throw ChatError(
                .validation,
                "Push token must have \(bounds.lowerBound) characters to \(bounds.upperBound) bytes and no U+0000")
        }
        try await store.setPushToken(token, of: device, at: clock.now)
    }

    func track(_ event: TrackedEvent) throws {
        try Self.check(event)
        try recorder.accept(event)
        hub.publish(.eventTracked(event), to: [])
    }
}
