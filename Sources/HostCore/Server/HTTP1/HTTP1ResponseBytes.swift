import HTTPTypes
import NIOCore

/// How the end of a body is known (RFC 9112 section 6.3).
enum HTTP1Framing {
    case length(Int)
    case chunked
    case untilClose
    /// The status allows no body.
    case bodyless
    /// The answer to HEAD: the length it would have, if the route said so.
    case head(length: String?)

    var hasBody: Bool {
        switch self {
        case .length, .chunked, .untilClose: true
        case .bodyless, .head: false
        }
    }

    /// For an answer that is there as a whole.
    static func whole(_ head: HTTPResponse, _ body: ByteBuffer?) -> HTTP1Framing {
        if isBodyless(head.status) { return .bodyless }
        guard let body else { return .head(length: head.headerFields[.contentLength]) }
        return .length(body.readableBytes)
    }

    /// For an answer that comes in pieces.
    static func pieces(_ head: HTTPResponse, length: Int?, isHTTP10: Bool) -> HTTP1Framing {
        if isBodyless(head.status) { return .bodyless }
        if let length { return .length(length) }
        return isHTTP10 ? .untilClose : .chunked
    }

    private static func isBodyless(_ status: HTTPResponse.Status) -> Bool {
        status.code == 204 || status.code == 304 || status.code < 200
    }
}

/// Answers as bytes (RFC 9112).
enum HTTP1ResponseBytes {
    /// What the answer says of the connection's future.
    enum Connection {
        /// Persistent, as HTTP/1.1 has it without a word.
        case unsaid
        case keepAlive
        case close
    }

    /// The status line and the fields, up to and with the empty line.
    static func head(
        _ head: HTTPResponse,
        _ framing: HTTP1Framing,
        _ connection: Connection,
        standing: StandingFields,
        date: String,
        allocator: ByteBufferAllocator
    ) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 1024)
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(String(head.status.code))
        buffer.writeStaticString(" ")
        buffer.writeString(head.status.reasonPhrase)
        buffer.writeStaticString("\r\nDate: ")
        buffer.writeString(date)
        buffer.writeStaticString("\r\n")
        for field in head.headerFields where !isOwn(field.name) { write(field, to: &buffer) }
        standing.write(beside: head.headerFields, to: &buffer)
        switch framing {
        case .length(let length): buffer.writeString("Content-Length: \(length)\r\n")
        case .head(.some(let length)): buffer.writeString("Content-Length: \(length)\r\n")
        case .chunked: buffer.writeStaticString("Transfer-Encoding: chunked\r\n")
        case .untilClose, .bodyless, .head(.none): break
        }
        // RFC 9110 section 15.5.22: what to; there is one other protocol here.
        if head.status == .upgradeRequired {
            buffer.writeStaticString("Upgrade: websocket\r\nConnection: Upgrade\r\n")
        }
        switch connection {
        case .unsaid: break
        case .keepAlive: buffer.writeStaticString("Connection: keep-alive\r\n")
        case .close: buffer.writeStaticString("Connection: close\r\n")
        }
        buffer.writeStaticString("\r\n")
        return buffer
    }

    /// One piece of a chunked body (section 7.1).
    static func chunk(_ piece: ByteBuffer, _ allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: piece.readableBytes + 16)
        buffer.writeString(String(piece.readableBytes, radix: 16))
        buffer.writeStaticString("\r\n")
        buffer.writeImmutableBuffer(piece)
        buffer.writeStaticString("\r\n")
        return buffer
    }

    /// The end of a chunked body.
    static func lastChunk(_ trailers: HTTPFields) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeStaticString("0\r\n")
        for field in trailers { write(field, to: &buffer) }
        buffer.writeStaticString("\r\n")
        return buffer
    }

    static func write(_ field: HTTPField, to buffer: inout ByteBuffer) {
        var (name, value) = (field.name.rawName, field.value)
        // One look at the room instead of four.
        name.withUTF8 { name in
            value.withUTF8 { value in
                let count = name.count + value.count + 4
                _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { line in
                    let start = name.count + 2
                    UnsafeMutableRawBufferPointer(rebasing: line[..<name.count]).copyMemory(from: .init(name))
                    line[name.count] = UInt8(ascii: ":")
                    line[name.count + 1] = UInt8(ascii: " ")
                    UnsafeMutableRawBufferPointer(rebasing: line[start..<(start + value.count)])
                        .copyMemory(from: .init(value))
                    line[count - 2] = UInt8(ascii: "\r")
                    line[count - 1] = UInt8(ascii: "\n")
                    return count
                }
            }
        }
    }

    /// Fields that the listener alone decides on.
    private static func isOwn(_ name: HTTPField.Name) -> Bool {
        // Most names are told apart by their length alone.
        switch name.canonicalName.utf8.count {
        case 4, 6, 7, 10, 14, 17: break
        default: return false
        }
        return switch name.canonicalName {
        case "content-length", "transfer-encoding", "connection", "keep-alive", "date", "server", "upgrade": true
        default: false
        }
    }
}
