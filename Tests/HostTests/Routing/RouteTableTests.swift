import PluginAPI
import Synchronization
import Testing

@testable import HostCore

@Suite("Routes of several plugins")
struct RouteTableTests {
    /// Answers through the table, without a socket.
    private func answer(
        _ table: RouteTable, _ method: HTTPRequest.Method, _ path: String
    ) async throws -> (Response, String) {
        let head = HTTPRequest(method: method, scheme: "http", authority: "a", path: path)
        let edge = HTTPEdge(EdgePolicy(), isSecure: false, logger: Logger(label: "test"))
        let facts = edge.facts(of: head, peer: "127.0.0.1")
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
        let response = await edge.respond(to: request, facts, through: table.current)
        let collector = Collector()
        try await response.body.write(collector)
        return (response, String(buffer: collector.buffer))
    }

    private final class Collector: ResponseBodyWriter {
        var buffer = ByteBuffer()
        func write(_ piece: ByteBuffer) async throws { buffer.writeImmutableBuffer(piece) }
        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }

    private struct Mark: RouterMiddleware {
        typealias Context = HTTPContext
        let text: String

        func handle(
            _ request: Request, context: HTTPContext, next: (Request, HTTPContext) async throws -> Response
        ) async throws -> Response {
            var response = try await next(request, context)
            response.headers[.server] = (response.headers[.server] ?? "") + text
            return response
        }
    }

    private struct Reject: RouterMiddleware {
        typealias Context = HTTPContext

        func handle(
            _ request: Request, context: HTTPContext, next: (Request, HTTPContext) async throws -> Response
        ) async throws -> Response {
            throw HTTPFailure(.forbidden, "INVALID_APP_ID", "Invalid app_id")
        }
    }

    @Test("An empty table answers 404 to everything")
    func empty() async throws {
        let (response, body) = try await answer(RouteTable(), .get, "/")
        #expect(response.status == .notFound)
        #expect(body == #"{"error":"Not found","code":"NOT_FOUND"}"#)
    }

    @Test("Unknown paths get 404, known ones with another method 405 and Allow")
    func unmatched() async throws {
        let table = RouteTable()
        try table.addRoutes({ $0.get("v1/things/:id") { _, _ in "get" } }, by: "One")
        try table.addRoutes({ $0.post("v1/things/:id") { _, _ in "post" } }, by: "Two")
        #expect(try await answer(table, .get, "/v1/things/7").1 == "get")
        #expect(try await answer(table, .get, "/v1/things/7/").1 == "get")
        #expect(try await answer(table, .post, "/v1/things/7?x=1").1 == "post")
        let (wrong, body) = try await answer(table, .delete, "/v1/things/7")
        #expect(wrong.status == .methodNotAllowed)
        #expect(wrong.headers[.allow] == "GET, HEAD, OPTIONS, POST")
        #expect(body == #"{"error":"Method not allowed","code":"METHOD_NOT_ALLOWED"}"#)
        #expect(try await answer(table, .options, "/v1/things/7").0.status == .noContent)
        #expect(try await answer(table, .head, "/v1/things/7").0.status == .ok)
        for path in ["/v1/things", "/v1/things/7/8", "/v1", "/"] {
            #expect(try await answer(table, .delete, path).0.status == .notFound, "\(path)")
        }
    }

    @Test("The same route twice is an error that names both plugins, whatever its parameters are called")
    func clash() async throws {
        let table = RouteTable()
        try table.addRoutes({ $0.get("v1/things/:id") { _, _ in "one" } }, by: "One")
        for (owner, reason) in [("Two", "plugin One has it"), ("One", "it has it already")] {
            let error = #expect(throws: PluginContextError.self) {
                try table.addRoutes({ $0.get("v1/things/{name}") { _, _ in "two" } }, by: owner)
            }
            let text = "plugin \(owner) cannot have the route GET /v1/things/{name}: \(reason)"
            #expect(error?.description == text)
        }
        #expect(throws: PluginContextError.self) {
            try table.addRoutes({ $0.get("v1/things/:other/deep") { _, _ in "two" } }, by: "Two")
        }
        #expect(try await answer(table, .get, "/v1/things/7").1 == "one")
    }

    @Test("The same route twice in one closure is an error with method and path, and the process goes on")
    func clashWithin() async throws {
        let table = RouteTable()
        let error = #expect(throws: PluginContextError.self) {
            try table.addRoutes(
                { router in
                    router.get("v1/things") { _, _ in "one" }
                    router.get("v1/things/:id") { _, _ in "two" }
                    router.group("v1").get("/things") { _, _ in "three" }
                }, by: "One")
        }
        #expect(error?.description == "plugin One cannot have the route GET /v1/things: it has it already")
        #expect(try await answer(table, .get, "/v1/things").0.status == .notFound)
        try table.addRoutes({ $0.get("v1/things") { _, _ in "one" } }, by: "One")
        #expect(try await answer(table, .get, "/v1/things").1 == "one")
    }

    @Test("A websocket path twice is an error; beside a route of the same path it is fine")
    func webSocketClash() throws {
        let table = RouteTable()
        let endpoint = WebSocketEndpoint(paths: ["/v1/socket", "/api/v1/socket"]) { _, _ in }
        try table.addWebSocket(endpoint, by: "One")
        try table.addRoutes({ $0.get("v1/socket") { _, _ in "polling" } }, by: "Two")
        let error = #expect(throws: PluginContextError.self) {
            try table.addWebSocket(WebSocketEndpoint(paths: ["/v1/socket/"]) { _, _ in }, by: "Two")
        }
        #expect(error?.description.contains("plugin One has it") == true)
        #expect(table.current.webSocket(at: "/api/v1/socket/")?.owner == "One")
        #expect(table.current.webSocket(at: "/v1")?.owner == nil)
    }

    @Test("Taking back frees routes, websockets and middlewares, and leaves the others'")
    func takeBack() async throws {
        let table = RouteTable()
        try table.addRoutes({ $0.get("one") { _, _ in "one" } }, by: "One")
        try table.addRoutes({ $0.get("two") { _, _ in "two" } }, by: "Two")
        try table.addMiddleware(Reject(), under: "/", by: "One")
        try table.addWebSocket(WebSocketEndpoint(paths: ["/ws"]) { _, _ in }, by: "One")
        #expect(try await answer(table, .get, "/two").0.status == .forbidden)
        await table.removeAll(owner: "One")
        #expect(try await answer(table, .get, "/one").0.status == .notFound)
        #expect(try await answer(table, .get, "/two").1 == "two")
        #expect(table.current.webSocket(at: "/ws") == nil)
        try table.addRoutes({ $0.get("one") { _, _ in "again" } }, by: "Three")
        #expect(try await answer(table, .get, "/one").1 == "again")
    }

    @Test("A middleware covers its prefix and what lies under it, also unknown paths, and nothing else")
    func prefixes() async throws {
        let table = RouteTable()
        try table.addRoutes({ $0.get("v1/a") { _, _ in "a" } }, by: "One")
        try table.addMiddleware(Mark(text: "x"), under: "/v1/", by: "Two")
        try table.addMiddleware(Mark(text: "y"), under: "/v1/a", by: "Three")
        try table.addRoutes({ $0.get("v10") { _, _ in "b" } }, by: "One")
        #expect(try await answer(table, .get, "/v1/a").0.headers[.server] == "yx")
        #expect(try await answer(table, .get, "/v1/unknown").0.headers[.server] == "x")
        #expect(try await answer(table, .get, "/v1").0.headers[.server] == "x")
        #expect(try await answer(table, .get, "/v1/ab").0.headers[.server] == "x")
        #expect(try await answer(table, .get, "/v10").0.headers[.server] == nil)
    }

    @Test("Keys are checked before an unknown path is said to be unknown")
    func middlewareFirst() async throws {
        let table = RouteTable()
        try table.addMiddleware(Reject(), under: "/v1", by: "One")
        let (response, body) = try await answer(table, .get, "/v1/unknown")
        #expect(response.status == .forbidden)
        #expect(body == #"{"error":"Invalid app_id","code":"INVALID_APP_ID"}"#)
    }

    @Test("A middleware that a plugin adds to the router itself stays its own")
    func ownMiddleware() async throws {
        let table = RouteTable()
        try table.addRoutes(
            { router in
                router.add(middleware: Mark(text: "own"))
                router.get("mine/:id") { _, context in context.pathParameter("id") }
            }, by: "One")
        try table.addMiddleware(Mark(text: "all"), under: "", by: "Two")
        try table.addRoutes({ $0.get("other") { _, _ in "other" } }, by: "Two")
        let (mine, body) = try await answer(table, .get, "/mine/7")
        #expect(mine.headers[.server] == "ownall")
        #expect(body == "7")
        #expect(try await answer(table, .get, "/other").0.headers[.server] == "all")
        #expect(try await answer(table, .get, "/unknown").0.headers[.server] == "all")
    }

    @Test("a plugin that ends lets nobody new in, and its requests under way and their bodies are waited for")
    func withdrawal() async throws {
        let table = RouteTable()
        let (hang, body, entered) = (Hang(), Hang(), AsyncStream.makeStream(of: Void.self))
        try table.addRoutes(
            { router in
                router.get("/slow") { _, _ in
                    entered.continuation.yield()
                    await hang.wait()
                    return "done"
                }
                router.get("/quick") { _, _ in "quick" }
                router.get("/pieces") { _, _ in
                    Response(
                        status: .ok,
                        body: ResponseBody { writer in
                            entered.continuation.yield()
                            await body.wait()
                            try await writer.write(ByteBuffer(string: "done"))
                            try await writer.finish(nil)
                        })
                }
            }, by: "Leaving")
        try table.addRoutes({ $0.get("/other") { _, _ in "other" } }, by: "Staying")
        var arrivals = entered.stream.makeAsyncIterator()
        async let slow = answer(table, .get, "/slow")
        await arrivals.next()
        async let pieces = answer(table, .get, "/pieces")
        await arrivals.next()
        // At a deadline that has passed nobody is waited for.
        await table.withdraw(owner: "Nobody", isReturning: false, until: .now())
        let isOver = Mutex(false)
        let withdrawal = Task {
            await table.withdraw(owner: "Leaving", isReturning: false, until: .now() + .seconds(50))
            isOver.withLock { $0 = true }
        }
        while try await answer(table, .get, "/quick").0.status != .notFound { await Task.yield() }
        #expect(try await answer(table, .get, "/other").1 == "other")
        #expect(!isOver.withLock { $0 })
        hang.release()
        #expect(try await slow.1 == "done")
        #expect(!isOver.withLock { $0 })
        body.release()
        #expect(try await pieces.1 == "done")
        await withdrawal.value
    }

    @Test("while a plugin is being restarted its paths answer 503, and only its")
    func suspension() async throws {
        let table = RouteTable()
        try table.addRoutes({ $0.get("/things/:id") { _, _ in "one" } }, by: "Restarting")
        await table.withdraw(owner: "Restarting", isReturning: true, until: .now() + .seconds(50))
        let (response, _) = try await answer(table, .post, "/things/7")
        #expect(response.status == .serviceUnavailable && response.headers[.retryAfter] == "1")
        #expect(try await answer(table, .get, "/things").0.status == .notFound)
        try table.addRoutes({ $0.get("/things/:id") { _, _ in "two" } }, by: "Restarting")
        #expect(try await answer(table, .get, "/things/7").1 == "two")
        table.endSuspension()
        #expect(try await answer(table, .post, "/things/7").0.status == .methodNotAllowed)
        await table.removeAll(owner: "Restarting")
        #expect(try await answer(table, .get, "/things/7").0.status == .notFound)
    }

    @Test("while a plugin is being restarted its websockets' paths answer 503 too")
    func suspendedWebSocket() async throws {
        let table = RouteTable()
        try table.addWebSocket(WebSocketEndpoint(paths: ["/ws/"]) { _, _ in }, by: "Restarting")
        await table.withdraw(owner: "Restarting", isReturning: true, until: .now() + .seconds(50))
        #expect(table.current.webSocket(at: "/ws") == nil)
        for path in ["/ws", "/ws/"] {
            #expect(try await answer(table, .get, path).0.status == .serviceUnavailable)
        }
        table.endSuspension()
        #expect(try await answer(table, .get, "/ws").0.status == .notFound)
    }

    @Test(
        "who waits for requests under way stops waiting when it is cancelled, before or after it began",
        .timeLimit(.minutes(10)))
    func cancelledWait() async throws {
        let use = RouteUse()
        use.enter()
        for _ in 0..<200 {
            let waiting = Task { await use.untilUnused() }
            if Bool.random() { await Task.yield() }
            waiting.cancel()
            await waiting.value
        }
        let waiting = Task { await use.untilUnused() }
        use.leave()
        await waiting.value
    }
}
