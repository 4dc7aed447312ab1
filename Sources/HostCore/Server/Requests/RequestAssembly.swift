import HTTPTypes
import NIOCore

/// Collects the parts of one request, within a bound.
struct RequestAssembly {
    /// What to do once the head is there.
    enum Beginning: Equatable {
        case wait
        /// The client holds its body back until it hears that it is welcome (RFC 9110 section 10.1.1).
        case sendContinue
    }

    private let bodyLimit: Int
    private var head: HTTPRequest?
    private var body = ByteBuffer()

    init(bodyLimit: Int) { self.bodyLimit = bodyLimit }

    /// Whether a head has come and its end has not.
    var isUnderWay: Bool { head != nil }

    /// Takes the head. An announced length that is too large is refused before a byte of it is read.
    mutating func begin(_ request: HTTPRequest) throws(Refusal) -> Beginning {
        if let text = request.headerFields.value(of: .contentLength) {
            guard let length = Int(text), length >= 0 else { throw .invalidRequest("Invalid Content-Length") }
            guard length <= bodyLimit else { throw .payloadTooLarge }
        }
        let expectation = request.headerFields.value(of: .expect)
        guard expectation == nil || expectation?.lowercased() == "100-continue" else { throw .unknownExpectation }
        head = request
        return expectation == nil ? .wait : .sendContinue
    }

    /// Takes more of the body.
    mutating func append(_ bytes: ByteBuffer) throws(Refusal) {
        guard body.readableBytes + bytes.readableBytes <= bodyLimit else { throw .payloadTooLarge }
        if body.readableBytes == 0 {
            body = bytes
        } else {
            body.writeImmutableBuffer(bytes)
        }
    }

    /// The whole request; `nil` if there is no head. Ready for the next one afterwards.
    mutating func finish() -> (head: HTTPRequest, body: ByteBuffer)? {
        guard let head else { return nil }
        defer { reset() }
        return (head, body)
    }

    mutating func reset() {
        head = nil
        body = ByteBuffer()
    }
}
