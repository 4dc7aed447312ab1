import PluginAPI

/// The table of routes (`http.md` 6). Each handler reads, calls the chat, and writes.
struct RestRoutes: Sendable {
    let chat: any Chat
    let clock: any WallClock
    let messageLimiter: MessageLimiter
    var localIDs = LocalIDForm.uuid

    func declare(on router: RouteCollection<HTTPContext>, under prefix: String) {
        let client = router.group("\(prefix)", context: DeviceRequestContext.self)
        client.post("conversations", use: openConversation)
        client.post("conversations/:id/messages", use: sendMessage)
        client.get("conversations/:id/messages", use: listMessages)
        client.get("conversations/:id/sync", use: syncMessages)
        client.post("conversations/:id/messages/status", use: setMessageStatus)
        client.post("conversations/:id/messages/delivered", use: markDelivered)
        client.post("conversations/:id/messages/read", use: markRead)
        client.post("identify", use: identify)
        client.post("events/track", use: trackEvent)
        client.post("push-token", use: registerPushToken)
    }
}
