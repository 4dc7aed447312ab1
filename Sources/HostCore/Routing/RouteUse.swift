import PluginAPI
import Synchronization

/// How many requests are with the routes of one plugin, so that they can finish before it stops.
final class RouteUse: Sendable {
    private let state = Mutex<(count: Int, waiting: [CheckedContinuation<Void, Never>])>((0, []))

    func enter() { state.withLock { $0.count += 1 } }

    func leave() {
        let waiting: [CheckedContinuation<Void, Never>] = state.withLock { state in
            state.count -= 1
            return state.count == 0 ? exchange(&state.waiting, with: []) : []
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when no request is with the routes.
    func untilUnused() async {
        await withCheckedContinuation { continuation in
            let isUnused = state.withLock { state in
                if state.count > 0 { state.waiting.append(continuation) }
                return state.count == 0
            }
            if isUnused { continuation.resume() }
        }
    }
}

/// A route that counts the requests it is answering, those whose answer it writes piece by piece until the last one.
struct CountedResponder: HTTPResponder {
    let route: any HTTPResponder<HTTPContext>
    let use: RouteUse

    func respond(to request: Request, context: HTTPContext) async throws -> Response {
        use.enter()
        var response: Response
        do {
            response = try await route.respond(to: request, context: context)
        } catch {
            use.leave()
            throw error
        }
        // A body of a known length is one that is there.
        guard response.body.contentLength == nil else {
            use.leave()
            return response
        }
        // A body that nobody writes, such as that of a HEAD, leaves when it is dropped.
        let stay = Stay(use)
        let body = response.body
        response.body = ResponseBody { writer in
            defer { stay.end() }
            try await body.write(writer)
        }
        return response
    }
}

/// One request's stay with a route; ends once.
private final class Stay: Sendable {
    private let use: RouteUse
    private let hasEnded = Atomic(false)

    init(_ use: RouteUse) { self.use = use }

    func end() {
        if !hasEnded.exchange(true, ordering: .relaxed) { use.leave() }
    }

    deinit { end() }
}
