import PluginAPI

/// `GET /echo?text=hello` answers `{"text":"hello"}`.
struct EchoRoutes: Sendable {
    /// In bytes of UTF-8.
    let maxText: Int

    func declare(on router: RouteCollection<HTTPContext>) {
        router.get("/echo") { request, _ in try echo(request) }
    }

    /// Throws ``HTTPFailure``, which becomes the answer.
    private func echo(_ request: Request) throws(HTTPFailure) -> Response {
        guard let text = try QueryParameters(request.uri.query)["text"] else {
            throw QueryParameters.failure("text is missing")
        }
        guard text.utf8.count <= maxText else {
            throw QueryParameters.failure("text has more than \(maxText) bytes")
        }
        return Response { json in
            json.beginObject()
            json.field("text", text)
            json.endObject()
        }
    }
}
