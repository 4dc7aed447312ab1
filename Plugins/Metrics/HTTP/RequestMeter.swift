import HTTPTypes
import Metrics
import PluginAPI

/// Times requests to every route, until their answer begins. Told apart by the first digit of the status alone: four
/// handles, made once, and nothing that a peer could choose.
struct RequestMeter: RouterMiddleware {
    typealias Context = HTTPContext

    private static let name = "http_server_request_duration_seconds"
    static let help = [
        name: "From the head of a request to that of its answer, by the class of its status, such as 2xx."
    ]

    private let times: [Metrics.Timer]

    init(_ factory: any MetricsFactory) {
        times = (2...5).map {
            Metrics.Timer(label: Self.name, dimensions: [("status", "\($0)xx")], factory: factory)
        }
    }

    func handle(
        _ request: Request, context: HTTPContext, next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        let began = ContinuousClock.now
        // Errors have become responses here. A client that has disconnected receives none, so none is counted.
        let response = try await next(request, context)
        if !Task.isCancelled { note(response.status, since: began) }
        return response
    }

    private func note(_ status: HTTPResponse.Status, since began: ContinuousClock.Instant) {
        let place = min(max(status.code / 100, 2), 5) - 2
        times[place].record(duration: ContinuousClock.now - began)
    }
}
