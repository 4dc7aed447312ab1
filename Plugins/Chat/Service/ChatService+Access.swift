import PluginAPI

extension ChatService {
    func accepts(key: String, of app: AppID) async throws -> Bool {
        try await keys.accepts(key: key, of: app)
    }

    func forgetKeys(of app: AppID) {
        keys.forget(app)
    }
}
