extension Statement {
    /// Every statement of the store that reads or writes rows of tenants.
    static let all =
        [append, appendWithPush, appended] + ofConversations + ofPages + ofReceipts + ofDevices + ofIdentity + ofEvents
        + ofDashboard + ofUsage + ofPushes
    /// Those about tenants themselves.
    static let aboutApps = ofApps + ofPolicies + aboutPushes
}
