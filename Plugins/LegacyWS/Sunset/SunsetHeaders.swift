import HTTPTypes
import PluginAPI

/// Tells in HTTP answers to devices that still come this way that it ends: `Deprecation` (RFC 9745), `Sunset` (RFC 8594)
/// and a link to more.
struct SunsetHeaders: RouterMiddleware {
    typealias Context = HTTPContext

    private static let deprecation = HTTPField.Name.constant("Deprecation")
    private static let sunset = HTTPField.Name.constant("Sunset")
    private static let link = HTTPField.Name.constant("Link")
    private static let appID = HTTPField.Name.constant("X-App-Id")
    private static let deviceID = HTTPField.Name.constant("X-Device-Id")

    private let fields: HTTPFields
    private let affected: AffectedDevices

    /// Nil: there is nothing to tell.
    init?(_ policy: SunsetPolicy, affected: AffectedDevices) {
        var fields = HTTPFields()
        if let since = policy.deprecatedSince { fields[Self.deprecation] = "@\(since.milliseconds / 1_000)" }
        if let sunset = policy.sunset { fields[Self.sunset] = sunset.httpDate }
        guard !fields.isEmpty else { return nil }
        if let information = policy.information {
            let relation = policy.deprecatedSince == nil ? "sunset" : "deprecation"
            fields[Self.link] = "<\(information)>; rel=\"\(relation)\"; type=\"text/html\""
        }
        self.fields = fields
        self.affected = affected
    }

    func handle(
        _ request: Request, context: HTTPContext, next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        // A success says that the device is who it says it is; nobody else learns how it is connected.
        guard response.status.kind == .successful, let app = request.headers.value(of: Self.appID),
            let device = request.headers.value(of: Self.deviceID),
            affected.contains(DeviceIdentity(app: AppID(rawValue: app), device: DeviceID(rawValue: device)))
        else { return response }
        response.headers.append(contentsOf: fields)
        return response
    }
}
