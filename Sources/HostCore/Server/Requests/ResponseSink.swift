import HTTPTypes
import NIOCore

/// Where an answer leaves: one connection of HTTP/1.1 or one stream of HTTP/2. Bound to the channel's event loop.
protocol ResponseSink: AnyObject {
    /// The whole answer, in one flush. Without a body the length that the head names stays: it is an answer to HEAD.
    func send(_ head: HTTPResponse, body: ByteBuffer?)
    /// The head of an answer whose body follows in pieces.
    ///
    /// - Parameter length: of the body, in bytes, if it is known.
    func begin(_ head: HTTPResponse, length: Int?)
    /// Completes once the peer's side has taken the piece.
    func write(_ piece: ByteBuffer) -> EventLoopFuture<Void>
    func end(_ trailers: HTTPFields?)
    /// The answer broke off; the peer must not take it for whole.
    func fail()
}
