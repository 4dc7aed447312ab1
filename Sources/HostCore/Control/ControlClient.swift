import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import PluginAPI
import Synchronization

/// Speaks to the running server of a configuration.
public struct ControlClient: Sendable {
    /// The server's socket.
    let path: String
    /// The process that listens there.
    public let pid: Int
    /// Whose it is.
    let user: uid_t

    /// Finds the server of a configuration on this machine.
    ///
    /// - Parameter pid: which, if there are several.
    /// - Throws: ``ControlError``.
    public init(of configuration: EffectiveConfiguration, pid: Int? = nil) throws(ControlError) {
        try self.init(at: ServerPlace(configuration), pid: pid)
    }

    /// The same for a place.
    public init(at place: ServerPlace, pid: Int? = nil) throws(ControlError) {
        var (running, problem) = Self.find(place)
        if let pid { running = running.filter { $0.pid == pid } }
        guard running.count <= 1 else {
            let pids = running.map { "\($0.pid)" }.joined(separator: ", ")
            throw ControlError(.severalServers, "several servers run with this configuration: \(pids); say --pid")
        }
        guard let server = running.first else {
            let file = place.file.map { " with \($0)" } ?? ""
            let which = pid.map { " as process \($0)" } ?? ""
            throw ControlError(.noServer, "no server runs here\(file)\(which)" + (problem.map { " (\($0))" } ?? ""))
        }
        self = server
    }

    /// Every server of a place.
    static func all(at place: ServerPlace) -> [ControlClient] { find(place).running }

    private init(path: String, pid: Int, user: uid_t) {
        self.path = path
        self.pid = pid
        self.user = user
    }

    private static func find(_ place: ServerPlace) -> (running: [ControlClient], problem: String?) {
        let socket = place.socket
        let places = socket.map { [$0] } ?? ControlPlace.sockets(of: place.file)
        var running: [ControlClient] = []
        var problem: String?
        for place in places {
            switch LocalSocket.listener(at: place) {
            case .process(let found, let user):
                // Root also speaks to the service's user, but not to whoever made a folder in /tmp.
                if LocalSocket.trusts(user)
                    || (geteuid() == 0 && (socket != nil || !place.hasPrefix("/tmp/")))
                {
                    running.append(ControlClient(path: place, pid: Int(found), user: user))
                } else {
                    problem = "the process behind \(place) is another user's"
                }
            case .unusable(let reason): problem = "\(place): \(reason)"
            case .nobody, .absent: break
            }
        }
        return (running, problem)
    }

    /// Makes a request.
    ///
    /// - Parameter limit: how long the answer may take.
    /// - Returns: the answer's status and body.
    /// - Throws: ``ControlError`` if none comes.
    func send(
        _ method: HTTPMethod, _ target: String, _ body: JSONObject? = nil, within limit: Duration = .seconds(60)
    ) async throws -> (status: UInt, body: JSONValue) {
        let path = path
        let answer = await Bounded.run(for: limit) {
            await Result { try await Self.exchange(at: path, method, target, body) }
        }
        guard let answer else { throw ControlError(.noAnswer, "process \(pid) did not answer in time") }
        do {
            return try answer.get()
        } catch let error as ControlError {
            throw error
        } catch {
            throw ControlError(.noAnswer, "process \(pid) did not answer: \(ErrorText.plain(error))")
        }
    }

    /// Makes a request whose answer is success; everything else is thrown.
    ///
    /// - Throws: ``ControlError``.
    func ask(
        _ method: HTTPMethod, _ target: String, _ body: JSONObject? = nil, within limit: Duration = .seconds(60)
    ) async throws -> JSONValue {
        let answer = try await send(method, target, body, within: limit)
        guard (200..<300).contains(answer.status) else {
            let reason = answer.body["message"]?.stringValue ?? answer.body["error"]?.stringValue ?? "\(answer.status)"
            throw ControlError(.refused(answer.body["code"]?.stringValue ?? "\(answer.status)"), reason)
        }
        return answer.body
    }

    private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    private static let longestAnswer = 16 * 1024 * 1024

    private static func exchange(
        at path: String, _ method: HTTPMethod, _ target: String, _ body: JSONObject?
    ) async throws -> (status: UInt, body: JSONValue) {
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        // The server closes when it has answered; that closing once more may then fail makes the answer no worse.
        let heard = Mutex<(status: UInt, body: JSONValue)?>(nil)
        do {
            try await connection.executeThenClose { answer, request in
                let found = try await ask(method, target, body, request, answer)
                heard.withLock { $0 = found }
            }
        } catch {
            guard heard.withLock({ $0 }) != nil else { throw error }
        }
        guard let found = heard.withLock({ $0 }) else { throw ChannelError.inputClosed }
        return found
    }

    private static func ask(
        _ method: HTTPMethod, _ target: String, _ body: JSONObject?,
        _ request: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>,
        _ answer: NIOAsyncChannelInboundStream<HTTPClientResponsePart>
    ) async throws -> (status: UInt, body: JSONValue) {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: target)
        let bytes = body.map { JSONValue.object($0).serialized() } ?? ByteBuffer()
        head.headers = ["Host": "localhost", "Content-Length": "\(bytes.readableBytes)", "Connection": "close"]
        // In one piece: a server to whom the head says enough may have answered and closed before a second one, and the
        // answer would not be read any more.
        let body: [HTTPClientRequestPart] = bytes.readableBytes > 0 ? [.body(.byteBuffer(bytes))] : []
        try await request.write(contentsOf: [.head(head)] + body + [.end(nil)])
        var status: UInt?
        var content = ByteBuffer()
        for try await part in answer {
            switch part {
            case .head(let head): status = head.status.code
            case .body(var piece):
                content.writeBuffer(&piece)
                guard content.readableBytes <= longestAnswer else { throw ChannelError.inputClosed }
            case .end:
                guard let status else { throw ChannelError.inputClosed }
                return (status, content.readableBytes == 0 ? .null : try JSONValue(parsing: content))
            }
        }
        throw ChannelError.inputClosed
    }
}
