import Glibc

/// A client's socket, blocking, with a time limit on everything: it sees exactly the bytes that the server sends.
final class Wire {
    private let descriptor: CInt
    private var buffer: [UInt8] = []

    struct Failure: Error { let text: String }

    init(port: Int, receiveBuffer: Int? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(text: "no socket") }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var noDelay: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<CInt>.size))
        if var size = receiveBuffer.map({ CInt($0) }) {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(text: "connect: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Failure(text: "send: \(String(cString: strerror(errno)))") }
            rest = rest.dropFirst(count)
        }
    }

    /// Closes this side only.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes so that the peer sees a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Exactly so many bytes.
    func read(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try fill() else { throw Failure(text: "end after \(buffer.count) of \(count) bytes") }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    /// Everything up to the peer's end.
    func readToEnd() throws -> String {
        while try fill() {}
        defer { buffer = [] }
        return String(decoding: buffer, as: UTF8.self)
    }

    /// Whether the peer has closed and sent nothing more.
    func isAtEnd() throws -> Bool { try buffer.isEmpty && !fill() }

    /// One answer with its body.
    ///
    /// - Parameter isHead: the answer to HEAD, which has no body whatever it says.
    func answer(isHead: Bool = false) throws -> WireAnswer {
        while true {
            if let head = WireAnswer(head: buffer) {
                buffer.removeFirst(head.byteCount)
                var answer = head
                if isHead || answer.status == 204 || answer.status < 200 { return answer }
                if let length = answer["content-length"].flatMap({ Int($0) }) {
                    answer.body = String(decoding: try read(length), as: UTF8.self)
                } else if answer["transfer-encoding"] == "chunked" {
                    answer.body = try chunks()
                } else {
                    answer.body = try readToEnd()
                }
                return answer
            }
            guard try fill() else { throw Failure(text: "no answer: \(String(decoding: buffer, as: UTF8.self))") }
        }
    }

    private func chunks() throws -> String {
        var body: [UInt8] = []
        while true {
            var line: [UInt8] = []
            while !line.hasSuffix("\r\n") { line += try read(1) }
            guard let size = Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16) else {
                throw Failure(text: "bad chunk")
            }
            body += try read(size)
            _ = try read(2)
            if size == 0 { return String(decoding: body, as: UTF8.self) }
        }
    }

    private func fill() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &piece, piece.count, 0)
        guard count >= 0 else { throw Failure(text: "recv: \(String(cString: strerror(errno)))") }
        buffer += piece[..<count]
        return count > 0
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}

/// An answer of HTTP/1.1.
struct WireAnswer {
    let status: Int
    let statusLine: String
    let fields: [(name: String, value: String)]
    let byteCount: Int
    var body = ""

    /// The first value of a field, by its lower-case name.
    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    init?(head bytes: [UInt8]) {
        let end = Array("\r\n\r\n".utf8)
        guard bytes.count >= 4, let stop = (0...bytes.count - 4).first(where: { bytes[$0..<$0 + 4].elementsEqual(end) })
        else { return nil }
        let lines = String(decoding: bytes[..<stop], as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first, let status = Int(first.split(separator: " ").dropFirst().first ?? "") else {
            return nil
        }
        self.status = status
        statusLine = String(first)
        byteCount = stop + 4
        fields = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            let value = line[colon...].dropFirst().drop { $0 == " " }
            return (line[..<colon].lowercased(), String(value))
        }
    }
}
