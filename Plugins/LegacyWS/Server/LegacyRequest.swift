import HTTPTypes
import PluginAPI

/// What an upgrade says about who asks.
struct LegacyRequest: Sendable {
    let headers: HTTPFields
    let query: LegacyQuery
    /// Where the peer is, or says a trusted proxy that it is.
    let clientAddress: String

    init(_ upgrade: WebSocketEndpoint.Upgrade) {
        clientAddress = upgrade.clientAddress
        headers = upgrade.request.headerFields
        query = LegacyQuery(upgrade.query)
    }

    /// The longest name or key, in bytes.
    static let longest = 255

    /// The app that the peer names, unchecked.
    var app: String { query["app_id"] ?? "-" }

    static let apiKey = HTTPField.Name.constant("X-Api-Key")
    static let deviceSecret = HTTPField.Name.constant("X-Device-Secret")
    static let userToken = HTTPField.Name.constant("X-User-Token")

    /// A value of a header if it is there, else of the query.
    func value(_ field: HTTPField.Name, or name: String) -> String? {
        headers.value(of: field).flatMap { $0.isEmpty ? nil : $0 } ?? query[name]
    }

    /// The token after `Bearer` in `Authorization`.
    var bearer: String? {
        guard let parts = headers[.authorization]?.split(separator: " "), parts.count == 2,
            parts[0].lowercased() == "bearer"
        else { return nil }
        return String(parts[1])
    }
}
