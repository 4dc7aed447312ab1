import HTTPTypes
import PluginAPI

/// What happens to every request before it is routed and to every answer before it leaves: security headers, CORS, the
/// access log, the request's id (`http.md` 2). The listener's own answers pass it too.
struct HTTPEdge: Sendable {
    private let policy: EdgePolicy
    /// What every answer has besides; the two versions of HTTP send it each in its way.
    let standing: StandingFields
    private let logger: Logger
    let meters: ListenerMeters?

    /// - Parameter meters: nil where nothing is counted, as on the control socket.
    init(_ policy: EdgePolicy, isSecure: Bool, logger: Logger, meters: ListenerMeters? = nil) {
        self.meters = meters
        self.policy = policy
        standing = StandingFields(isSecure: isSecure)
        self.logger = logger
    }

    /// - Parameter peer: the address of the socket's other end.
    func facts(of head: HTTPRequest, peer: String) -> RequestFacts {
        let target = head.path ?? "/"
        let end = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        let path = String(target[..<end])
        let fields = head.headerFields
        let origin = fields.value(of: .origin)
        let id = RequestID.choose(RequestID.name.flatMap { fields.value(of: $0) })
        var address = peer
        if !policy.trustedProxies.isEmpty, let name = ClientAddress.forwardedFor {
            address = ClientAddress.resolve(
                peer: peer, forwardedFor: fields[values: name], trusted: policy.trustedProxies)
        }
        return RequestFacts(
            id: id, method: head.method.rawValue, path: path, query: String(Substring(target.utf8[end...].dropFirst())),
            clientAddress: address, cors: policy.cors.verdict(origin: origin, host: head.authority, path: path),
            isPreflight: head.method == .options && fields.contains(.accessControlRequestMethod),
            started: .now(), trace: TraceParent.traceID(TraceParent.name.flatMap { fields.value(of: $0) }),
            hostLogger: logger)
    }

    /// Of a request that could not be read far enough to know more.
    func facts(ofUnreadable peer: String) -> RequestFacts {
        RequestFacts(
            id: IDGenerator.requestID(), method: "-", path: "-", query: "", clientAddress: peer, cors: .unconcerned,
            isPreflight: false, started: .now(), hostLogger: logger)
    }

    /// The answer of the routes, or what stands before them.
    func respond(to request: Request, _ facts: RequestFacts, through routes: ActiveRoutes) async -> Response {
        if let refusal = refusal(of: request, facts) {
            if refusal.status.code >= 400 { meters?.refused(refusal.status) }
            return refusal
        }
        let logger = facts.logger
        let source = HTTPContextSource(logger: logger, clientAddress: facts.clientAddress, requestID: facts.id)
        do {
            return try await routes.responder.respond(to: request, context: HTTPContext(source: source))
        } catch {
            return ErrorAnswers.answer(to: error, logger)
        }
    }

    private func refusal(of request: Request, _ facts: RequestFacts) -> Response? {
        if facts.cors == .rejected {
            return .error(.forbidden, code: "CORS_REJECTED", "Origin not allowed")
        }
        if facts.isPreflight, facts.cors != .unconcerned {
            var headers = HTTPFields()
            headers.append(contentsOf: CORSFields.preflight)
            return Response(status: .noContent, headers: headers)
        }
        if let coding = request.headers[.contentEncoding], coding.lowercased() != "identity" {
            return .error(
                .unsupportedMediaType, code: "UNSUPPORTED_CONTENT_ENCODING", "Unsupported content encoding",
                message: "Request bodies are taken as they are; send it without Content-Encoding",
                headers: [.acceptEncoding: "identity"])
        }
        return nil
    }

    /// Adds to an answer what belongs to its request, and logs it.
    func finish(_ head: inout HTTPResponse, _ facts: RequestFacts) {
        switch facts.cors {
        case .allowed(let origin): head.headerFields.append(contentsOf: CORSFields.allowed(origin))
        case .open: head.headerFields.append(contentsOf: CORSFields.open)
        case .unconcerned, .rejected: break
        }
        if let name = RequestID.name { head.headerFields[name] = facts.id }
        log(facts, status: head.status.code)
    }

    /// The access log. Neither query nor headers: both may hold secrets.
    func log(_ facts: RequestFacts, status: Int) {
        // Before the request's own logger is made, for nothing as a rule.
        guard logger.logLevel <= .debug else { return }
        facts.logger.debug(
            "request",
            metadata: [
                "method": "\(facts.method)", "path": "\(facts.path)", "status": "\(status)",
                "ms": "\((NIODeadline.now() - facts.started).nanoseconds / 1_000_000)",
                "client": "\(facts.clientAddress)",
            ])
    }
}
