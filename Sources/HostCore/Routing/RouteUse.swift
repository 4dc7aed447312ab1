import PluginAPI
import Synchronization

/// How many requests are with the routes of one plugin, so that they can finish before it stops.
final class RouteUse: Sendable {
    private struct State {
        var count = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var waiterCount = 0
    }

    private let state = Mutex(State())

    func enter() { state.withLock { $0.count += 1 } }

    func leave() {
        let waiting = state.withLock { state in
            state.count -= 1
            return state.count == 0 ? exchange(&state.waiting, with: [:]) : [:]
        }
        for continuation in waiting.values { continuation.resume() }
    }

    /// Returns when no request is with the routes, or when the task is cancelled.
    func untilUnused() async {
        let number = state.withLock { state in
            state.waiterCount += 1
            return state.waiterCount
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    // Cancelled before this, the handler below has found nobody.
                    guard state.count > 0, !Task.isCancelled else { return false }
                    state.waiting[number] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.resume()
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
