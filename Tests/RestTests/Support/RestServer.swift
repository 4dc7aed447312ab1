import HTTPTypes
import PluginAPI

@testable import RestPlugin

/// The plugin's gate and routes behind Hummingbird's router, without a socket.
struct RestServer {
    struct Answer {
        var status: Int
        var headers: HTTPFields
        var body: String
        var json: JSONValue { get throws { try JSONValue(parsing: body) } }
    }

    static let client: HTTPFields = [.appID: "app-1", .deviceID: "device-1", .apiKey: "key-1"]
    static let unlimited: SettingsNode = ["message_rate": 0, "device_rate": 0, "ip_rate": 0]

    let chat: StubChat
    private let responder: RouterResponder<HTTPContext>

    init(_ chat: StubChat = StubChat(), settings: SettingsNode = unlimited) throws {
        self.chat = chat
        let settings = try RestSettings(Settings(settings, schema: RestSettings.schema))
        let router = Router(context: HTTPContext.self)
        let limits = RequestLimits(settings)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        router.add(middleware: ClientGate(prefix: "/v1", chat: chat, limits: limits, logger: logger))
        let routes = RestRoutes(
            chat: chat, clock: ManualClock(StubChat.now), messageLimiter: MessageLimiter(settings))
        for prefix in RestPlugin.prefixes {
            let collection = RouteCollection(context: HTTPContext.self)
            routes.declare(on: collection, under: prefix)
            router.addRoutes(collection)
        }
        responder = router.buildResponder()
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "", headers: HTTPFields = client
    ) async throws -> Answer {
        let head = HTTPRequest(method: method, scheme: nil, authority: nil, path: path, headerFields: headers)
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body)))
        let source = HTTPContextSource(logger: Logger(label: "test"), clientAddress: "192.0.2.1", requestID: "req_1")
        let response = try await responder.respond(to: request, context: HTTPContext(source: source))
        let collector = BodyCollector()
        try await response.body.write(collector)
        return Answer(
            status: response.status.code, headers: response.headers,
            body: String(buffer: collector.buffer.withLock { $0 }))
    }

    func post(_ path: String, _ body: String, headers: HTTPFields = client) async throws -> Answer {
        try await send(.post, path, body, headers: headers)
    }

    var calls: [String] { chat.calls.withLock { $0 } }
}
