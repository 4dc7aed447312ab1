import HTTPTypes
import PluginAPI

/// Names what to use instead where nobody serves a path any more. It is still a 404: whoever serves the path again needs
/// no client to forget that it was gone.
struct RetiredPathHint: RouterMiddleware {
    typealias Context = HTTPContext

    private static let link = HTTPField.Name.constant("Link")

    let retired: RetiredPath

    func handle(
        _ request: Request,
        context: HTTPContext,
        next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        let response = try await next(request, context)
        let path = request.uri.path
        guard response.status == .notFound, path == retired.path || path == retired.path + "/" else { return response }
        return .error(
            .notFound, code: "NOT_FOUND", "Not found",
            message: "\(retired.path) is not served here any more; use \(retired.replacement) instead",
            headers: [Self.link: "<\(retired.replacement)>; rel=\"successor-version\""])
    }
}

extension RouteTable {
    /// Gives the hints, whichever plugin comes or goes.
    func addHints(_ retired: [RetiredPath], by owner: String) throws {
        for path in retired { try addMiddleware(RetiredPathHint(retired: path), under: path.path, by: owner) }
    }
}
