import NIOPosix
import PluginAPI

/// The running plugin: the page for Prometheus, the same on the control socket, and the time that requests take.
final class MetricsPlugin: Plugin {
    private let context: PluginContext
    private let settings: MetricsSettings

    init(_ context: PluginContext, settings: MetricsSettings) {
        self.context = context
        self.settings = settings
    }

    func start() async throws {
        let access = settings.access
        try context.middleware(under: "", RequestMeter(context.metrics))
        try context.routes { [context] router in
            router.get("/metrics") { request, reader in
                try access.check(request.head, from: reader.clientAddress)
                return Self.answer(try await Self.page(context))
            }
        }
        // Whoever may speak to the control socket may do more than read.
        context.control("page") { [context] _ in ["page": .string(String(buffer: try await Self.page(context)))] }
        if access.isClosed {
            context.logger.notice(
                "Nobody may read /metrics: set token, or loopback where no proxy on this machine passes requests on")
        }
    }

    /// Written on a thread that may wait: what the process is like is read from files.
    private static func page(_ context: PluginContext) async throws -> ByteBuffer {
        let report = await context.report()
        return try await NIOThreadPool.singleton.runIfActive {
            var page = PrometheusPage()
            page.add(ProcessFacts.now.readings)
            page.add(OwnMetrics.readings(report))
            page.add(context.readMetrics())
            return page.write()
        }
    }

    private static func answer(_ page: ByteBuffer) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/plain; version=0.0.4; charset=utf-8",
                .cacheControl: "no-store",
            ],
            body: ResponseBody(byteBuffer: page))
    }
}
