import HTTPTypes
import PluginAPI

/// Answers what no route answers: 405 for a known path, 404 for an unknown one.
struct Unmatched: RouterMiddleware {
    typealias Context = HTTPContext

    let routes: [RoutePattern]

    func handle(
        _ request: Request,
        context: HTTPContext,
        next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        let methods = allowed(at: request.uri.path)
        guard !methods.isEmpty else { return .error(.notFound, code: "NOT_FOUND", "Not found") }
        let headers: HTTPFields = [.allow: methods.joined(separator: ", ")]
        if request.method == .options { return Response(status: .noContent, headers: headers) }
        return .error(.methodNotAllowed, code: "METHOD_NOT_ALLOWED", "Method not allowed", headers: headers)
    }

    /// The methods of a path, sorted; HEAD wherever GET is.
    private func allowed(at path: String) -> [String] {
        let segments = path.split(separator: "/", omittingEmptySubsequences: true)
        var methods = Set(routes.lazy.filter { $0.matches(segments) }.map(\.method.rawValue))
        if methods.contains("GET") { methods.insert("HEAD") }
        if !methods.isEmpty { methods.insert("OPTIONS") }
        return methods.sorted()
    }
}
