import HTTPTypes
import NIOCore
import PluginAPI

/// One request on its way through the routes and back to its sink.
enum RequestRun {
    /// Runs on the connection's own loop, so that a request costs no change of thread. The task ends when the answer
    /// was handed to the sink, or by cancellation when the peer is gone.
    static func start(
        _ request: Request,
        _ facts: RequestFacts,
        through routes: ActiveRoutes,
        on desk: ConnectionDesk,
        sink: NIOLoopBound<any ResponseSink>,
        executor: EventLoopExecutor
    ) -> Task<Void, Never> {
        Task(executorPreference: executor) {
            var response = await desk.edge.respond(to: request, facts, through: routes)
            if let length = response.body.contentLength, request.method != .head, !desk.unsent.hasRoom(for: length) {
                desk.edge.meters?.refused(.serviceUnavailable)
                response = .error(
                    .serviceUnavailable, code: "SERVICE_UNAVAILABLE", "Service unavailable",
                    message: "Too many answers wait for their readers", headers: [.retryAfter: "1"])
            }
            var head = response.head
            desk.edge.finish(&head, facts)
            await deliver(head, response.body, isHead: request.method == .head, facts, sink)
        }
    }

    private static func deliver(
        _ head: HTTPResponse,
        _ body: ResponseBody,
        isHead: Bool,
        _ facts: RequestFacts,
        _ sink: NIOLoopBound<any ResponseSink>
    ) async {
        do {
            if isHead {
                try await sink.perform { $0.send(head, body: nil) }
                return
            }
            let writer = BodyWriter(head: head, length: body.contentLength, sink: sink)
            try await body.write(writer)
            if !writer.isFinished { try await writer.finish(nil) }
        } catch {
            facts.logger.debug("an answer broke off", metadata: ["error": "\(String(reflecting: error))"])
            _ = try? await sink.perform { $0.fail() }
        }
    }
}
