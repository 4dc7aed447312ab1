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
struct AdminGate: Sendable {
    typealias Handler = @Sendable (AdminRequest) async throws -> Response

    let access: AdminAccess
    let logger: Logger

    func allow(
        _ permission: Permission, _ handler: @escaping Handler
    ) -> @Sendable (Request, HTTPContext) async throws -> Response {
        { request, context in
            try await answering(logger, context) {
                let principal = try await principal(of: request)
                guard principal.may(permission) else { throw Self.forbidden([permission]) }
                return try await handler(AdminRequest(request: request, context: context, principal: principal))
            }
        }
    }

    /// The 403 of a role that lacks permissions.
    static func forbidden(_ missing: [Permission]) -> HTTPFailure {
        HTTPFailure(
            .forbidden, "FORBIDDEN", "Forbidden", message: "Your role does not allow this",
            details: ["missing_permissions": .array(missing.map { .string($0.rawValue) })])
    }
}

/// Turns what a handler throws into the contract's answer, and logs what is the server's fault.
func answering(
    _ logger: Logger, _ context: HTTPContext, _ answer: () async throws -> Response
) async throws -> Response {
    do {
        return try await answer()
    } catch let failure as HTTPFailure {
        return failure.response
    } catch let error as ChatError {
        let failure = error.httpFailure
        if failure.status.kind == .serverError {
            logger.error(
                "request failed",
                metadata: ["request": .string(context.requestID), "error": .string(error.debugDescription)])
        }
        return failure.response
    }
}
