import PluginAPI

/// The dashboard's table of routes (`http.md` 9.2), each with the permission it takes.
struct DashboardRoutes: Sendable {
    let gate: AdminGate
    let chat: any Chat
    let store: any DashboardStore & UsageStore & PushOutbox
    /// Nil: nobody is known to be online.
    let presence: (any Presence)?
    let clock: any WallClock

    func declare(on router: RouteCollection<HTTPContext>) {
        let admin = router.group("/admin/api")
        admin.get("users", use: gate.allow(.viewUsers, listUsers))
        admin.get("users/:key", use: gate.allow(.viewUsers, showUser))
        admin.get("conversations", use: gate.allow(.viewConversations, listConversations))
        admin.post("conversations", use: gate.allow(.manageConversations, createConversation))
        admin.patch("conversations/:id", use: gate.allow(.manageConversations, updateConversation))
        admin.get("conversations/:id/messages", use: gate.allow(.viewConversations, listMessages))
        admin.post("conversations/:id/messages", use: gate.allow(.sendMessages, sendMessage))
        admin.get("messages/:id/timeline", use: gate.allow(.viewConversations, showTimeline))
        admin.get("transports", use: gate.allow(.viewSettings, listTransports))
        admin.get("dashboard/stats", use: gate.allow(.viewConversations, showStats))
    }

    func onlineDevices(of app: AppID) async -> Set<DeviceID> {
        await presence?.onlineDevices(of: app) ?? []
    }
}
