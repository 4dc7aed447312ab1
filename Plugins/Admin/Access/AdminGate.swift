import HTTPTypes
import PluginAPI

/// A request of an agent who may make it.
struct AdminRequest: Sendable {
    let request: Request
    let context: HTTPContext
    let principal: AdminPrincipal

    var app: AppID { principal.app }
    var scope: ConversationScope { .app(principal.app) }
    /// The conversation that the path names.
    var conversation: ConversationID { ConversationID(context.pathParameter("id")) }
}

/// Lets only agents with the right permission reach a handler: handlers take an ``AdminRequest``, which is made here.
///
/// What is thrown here and in handlers, ``HTTPFailure`` and ``ChatError``, the host answers in the contract's form.
struct AdminGate: Sendable {
    typealias Handler = @Sendable (AdminRequest) async throws -> Response

    let access: AdminAccess

    func allow(
        _ permission: Permission, _ handler: @escaping Handler
    ) -> @Sendable (Request, HTTPContext) async throws -> Response {
        { request, context in
            let principal = try await principal(of: request)
            guard principal.may(permission) else { throw Self.forbidden([permission]) }
            return try await handler(AdminRequest(request: request, context: context, principal: principal))
        }
    }

    /// The 403 of a role that lacks permissions.
    static func forbidden(_ missing: [Permission]) -> HTTPFailure {
        HTTPFailure(
            .forbidden, "FORBIDDEN", "Forbidden", message: "Your role does not allow this",
            details: ["missing_permissions": .array(missing.map { .string($0.rawValue) })])
    }
}
