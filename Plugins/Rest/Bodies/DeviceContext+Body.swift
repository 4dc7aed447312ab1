import PluginAPI

extension DeviceContext {
    /// The platforms a client may name; `unknown` is the server's own word.
    static let platforms: [Platform] = [.android, .ios, .web, .desktop]

    /// Reads a `device_context`; what the contract does not list is dropped.
    init?(reading body: inout ObjectReader) {
        let platform = body.choice("platform", of: Self.platforms)
        var details = JSONObject()
        for name in Self.detailNames {
            if let text = body.optionalString(name, .detail) { details.set(name, .string(text)) }
        }
        guard let platform else { return nil }
        self.init(platform: platform, details: details)
    }
}
