import HTTPTypes
import PluginAPI

/// Answers what no route answers: 405 for a known path, 503 for one whose plugin is being restarted, 404 for an unknown
/// one.
struct Unmatched: RouterMiddleware {
    typealias Context = HTTPContext

    let routes: [RoutePattern]
    /// Of plugins that will be back in a moment.
    var suspended: [RoutePattern] = []

    func handle(
        _ request: Request,
        context: HTTPContext,
        next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        let segments = request.uri.path.split(separator: "/", omittingEmptySubsequences: true)
        if suspended.contains(where: { $0.matches(segments) }) {
            return .error(
                .serviceUnavailable, code: "SERVICE_UNAVAILABLE", "Service unavailable", headers: [.retryAfter: "1"])
        }
        let methods = allowed(at: segments)
        guard !methods.isEmpty else { return .error(.notFound, code: "NOT_FOUND", "Not found") }
        let headers: HTTPFields = [.allow: methods.joined(separator: ", ")]
        if request.method == .options { return Response(status: .noContent, headers: headers) }
        return .error(.methodNotAllowed, code: "METHOD_NOT_ALLOWED", "Method not allowed", headers: headers)
    }

    /// The methods of a path, sorted; HEAD wherever GET is.
    private func allowed(at segments: [Substring]) -> [String] {
        var methods = Set(routes.lazy.filter { $0.matches(segments) }.map(\.method.rawValue))
        if methods.contains("GET") { methods.insert("HEAD") }
        if !methods.isEmpty { methods.insert("OPTIONS") }
        return methods.sorted()
    }
}
