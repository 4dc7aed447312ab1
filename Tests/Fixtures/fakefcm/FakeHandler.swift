import NIOCore
import NIOHTTP1
import NIOHTTP2
import PluginAPI

/// Answers one request on one stream.
final class FakeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let memory: FakeMemory
    private let connection: Int
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()

    init(memory: FakeMemory, connection: Int) {
        self.memory = memory
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(var part): body.writeBuffer(&part)
        case .end: answer(context)
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        guard let head else { return }
        if head.uri == "/token" { return answerToken(context) }
        let payload = (try? JSONValue(parsing: body)) ?? .null
        let token = payload["message"]?["token"]?.stringValue ?? ""
        let words = token.split(separator: "/").map(String.init)
        let isFirst = memory.seen(token) == 0
        let line: JSONValue = [
            "path": .string(head.uri), "authorization": .string(head.headers["authorization"].first ?? ""),
            "connection": .int(Int64(connection)), "payload": payload,
        ]
        FakeMemory.print(line.description)
        switch words.first {
        case "hang": return
        case "hold" where isFirst: return
        case "slow": succeed(context, token, after: words.dropFirst().first.flatMap { Int64($0) } ?? 0)
        case "rst" where isFirst: reset(context)
        case "goaway" where isFirst: goAway(context)
        case "half" where isFirst: half(context)
        case "status": fail(context, words.dropFirst().first.flatMap { Int($0) } ?? 500, words.dropFirst(2).first)
        case "once" where isFirst: fail(context, words.dropFirst().first.flatMap { Int($0) } ?? 500, nil)
        default: succeed(context, token)
        }
    }

    private func answerToken(_ context: ChannelHandlerContext) {
        let request = String(buffer: body)
        FakeMemory.print(JSONValue.object(["path": "/token", "form": .string(request)]).description)
        let token = memory.accessToken()
        respond(context, 200, ["access_token": .string(token), "expires_in": 3_600, "token_type": "Bearer"])
    }

    private func succeed(_ context: ChannelHandlerContext, _ token: String) {
        respond(context, 200, ["name": .string("projects/p/messages/\(token)")])
    }

    private func succeed(_ context: ChannelHandlerContext, _ token: String, after milliseconds: Int64) {
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) {
            // Meanwhile the client may have given up.
            if context.channel.isActive { self.succeed(context, token) }
        }
    }

    private func fail(_ context: ChannelHandlerContext, _ status: Int, _ code: String?) {
        var details: [JSONValue] = []
        if let code {
            details = [["@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": .string(code)]]
            if code == "INVALID_ARGUMENT" {
                details.append(["fieldViolations": [["field": "message.token", "description": "no token"]]])
            }
        }
        let error: JSONValue = ["code": .int(Int64(status)), "message": "as asked", "details": .array(details)]
        respond(context, status, ["error": error])
    }

    private func respond(_ context: ChannelHandlerContext, _ status: Int, _ object: JSONObject) {
        let bytes = JSONValue.object(object).serialized()
        var headers = HTTPHeaders([("content-type", "application/json"), ("content-length", "\(bytes.readableBytes)")])
        if status == 429 || status == 503 { headers.add(name: "retry-after", value: "1") }
        let head = HTTPResponseHead(version: .http2, status: .init(statusCode: status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func reset(_ context: ChannelHandlerContext) {
        let codec = try? context.pipeline.syncOperations.context(handlerType: HTTP2FramePayloadToHTTP1ServerCodec.self)
        codec?.writeAndFlush(NIOAny(HTTP2Frame.FramePayload.rstStream(.internalError)), promise: nil)
    }

    private func goAway(_ context: ChannelHandlerContext) {
        guard let parent = context.channel.parent else { return }
        let frame = HTTP2Frame(
            streamID: .rootStream,
            payload: .goAway(lastStreamID: .rootStream, errorCode: .enhanceYourCalm, opaqueData: nil))
        parent.writeAndFlush(frame).whenComplete { _ in parent.close(promise: nil) }
    }

    private func half(_ context: ChannelHandlerContext) {
        let headers = HTTPHeaders([("content-type", "application/json"), ("content-length", "100")])
        let head = HTTPResponseHead(version: .http2, status: .ok, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let part = ByteBuffer(string: "{\"name\":")
        let parent = context.channel.parent
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(part)))).whenComplete { _ in
            parent?.close(promise: nil)
        }
    }
}
