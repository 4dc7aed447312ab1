import HTTPTypes
import NIOCore
import PluginAPI

/// Hands a response's body to its sink: at once if it is one buffer of the announced length, in pieces otherwise.
final class BodyWriter: ResponseBodyWriter {
    private let head: HTTPResponse
    private let length: Int?
    private let sink: NIOLoopBound<any ResponseSink>
    private var held: ByteBuffer?
    private var byteCount = 0
    private var hasBegun = false
    private(set) var isFinished = false

    init(head: HTTPResponse, length: Int?, sink: NIOLoopBound<any ResponseSink>) {
        self.head = head
        self.length = length
        self.sink = sink
    }

    func write(_ buffer: ByteBuffer) async throws {
        guard buffer.readableBytes > 0 else { return }
        byteCount += buffer.readableBytes
        if let length, byteCount > length { throw BodyLengthError(announced: length) }
        if !hasBegun, byteCount == length {
            held = buffer
            return
        }
        if !hasBegun {
            hasBegun = true
            let (head, length) = (head, length)
            try await sink.perform { $0.begin(head, length: length) }
        }
        try await sink.perform { $0.write(buffer) }.get()
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {
        guard !isFinished else { return }
        if let length, byteCount != length { throw BodyLengthError(announced: length) }
        isFinished = true
        let (head, held) = (head, held)
        if hasBegun {
            try await sink.perform { $0.end(trailingHeaders) }
        } else {
            try await sink.perform { $0.send(head, body: held ?? ByteBuffer()) }
        }
    }
}

/// A route wrote more or less than it announced; a mistake of its author.
struct BodyLengthError: Error {
    let announced: Int
}

extension NIOLoopBound<any ResponseSink> {
    /// Acts on the loop: directly if it is the current one, as it nearly always is.
    func perform<Answer: Sendable>(_ act: @escaping @Sendable (any ResponseSink) -> Answer) async throws -> Answer {
        if eventLoop.inEventLoop { return act(value) }
        return try await eventLoop.submit { act(self.value) }.get()
    }
}
