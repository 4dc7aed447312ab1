import HTTPTypes
import Metrics
import PluginAPI

/// What the listener counts itself: what no route sees.
struct ListenerMeters: Sendable {
    private static let refused = "replyhq_http_refused_requests_total"
    private static let aborted = "replyhq_http_aborted_requests_total"
    private static let unsent = "replyhq_http_unsent_bytes"

    static let help = [
        refused: "Requests that the listener answered itself, before any route, by the status of the answer.",
        aborted: "Requests whose client left before it had the whole answer.",
        unsent: "Answers that wait for their readers, in bytes.",
    ]

    /// Every status that the listener gives by itself.
    private static let statuses = [400, 403, 408, 413, 415, 417, 426, 431, 500, 503]

    private let refusals: [Int: Counter]
    private let aborts: Counter
    let unsent: Gauge

    init(_ factory: any MetricsFactory) {
        refusals = Dictionary(
            uniqueKeysWithValues: Self.statuses.map {
                ($0, Counter(label: Self.refused, dimensions: [("status", "\($0)")], factory: factory))
            })
        aborts = Counter(label: Self.aborted, factory: factory)
        unsent = Gauge(label: Self.unsent, factory: factory)
    }

    func refused(_ status: HTTPResponse.Status) { refusals[status.code]?.increment() }

    func aborted() { aborts.increment() }
}
