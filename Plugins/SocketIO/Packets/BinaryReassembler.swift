import NIOCore
import PluginAPI

/// Joins the text of a binary packet with the binary frames that must follow it directly; plain packets pass through.
///
/// After a violation every further frame is ignored.
struct BinaryReassembler: Sendable {
    private enum State {
        case idle
        /// Of the packet its text is kept, which has been checked: read, it takes up to fifty times the room.
        case collecting(ByteBuffer, count: Int, [ByteBuffer], bytes: Int)
        case failed
    }

    enum Step: Sendable, Hashable {
        case packet(SocketIOInbound)
        /// More attachments are to come, or the stream has failed before.
        case nothing
        case violation(SocketIOViolation)
    }

    let decoder: SocketIOPacketDecoder
    private var state = State.idle

    init(limits: SocketIOLimits = SocketIOLimits()) {
        decoder = SocketIOPacketDecoder(limits: limits)
    }

    /// Attachments of a packet are still to come.
    var isCollecting: Bool {
        if case .collecting = state { true } else { false }
    }

    /// The text of a packet has arrived, without its Engine.IO digit.
    mutating func textReceived(_ text: ByteBuffer) -> Step {
        if let step = outOfTurn() { return step }
        do throws(SocketIOViolation) {
            var rest = text
            return textReceived(text, try decoder.head(of: &rest), rest)
        } catch {
            return fail(error)
        }
    }

    /// The same for a packet whose head was read before.
    ///
    /// - Parameters:
    ///   - text: all of it.
    ///   - rest: what stands behind the head.
    mutating func textReceived(_ text: ByteBuffer, _ head: SocketIOPacket, _ rest: ByteBuffer) -> Step {
        if let step = outOfTurn() { return step }
        do throws(SocketIOViolation) {
            var packet = head
            try decoder.readPayload(of: &packet, rest)
            if packet.attachments == 0 { return .packet(try packet.resolved()) }
            state = .collecting(
                ByteBuffer(bytes: text.readableBytesView), count: packet.attachments, [], bytes: 0)
            return .nothing
        } catch {
            return fail(error)
        }
    }

    /// The step for a text packet that is not expected now; `nil` if one is expected.
    private mutating func outOfTurn() -> Step? {
        switch state {
        case .idle: nil
        case .collecting: fail(.missingAttachment)
        case .failed: .nothing
        }
    }

    /// A binary frame has arrived.
    mutating func binaryReceived(_ bytes: ByteBuffer) -> Step {
        switch state {
        case .idle:
            return fail(.unexpectedAttachment)
        case .collecting(let text, let count, var binaries, let before):
            let total = before + bytes.readableBytes
            guard total <= decoder.limits.attachmentBytes else { return fail(.attachmentsTooBig) }
            guard binaries.count == count - 1 else {
                // A copy: a slice would keep the whole buffer it was read into.
                binaries.append(ByteBuffer(bytes: bytes.readableBytesView))
                state = .collecting(text, count: count, binaries, bytes: total)
                return .nothing
            }
            binaries.append(bytes)
            state = .idle
            do throws(SocketIOViolation) {
                return .packet(try decoder.decode(text).resolved(binaries))
            } catch {
                return fail(error)
            }
        case .failed:
            return .nothing
        }
    }

    private mutating func fail(_ violation: SocketIOViolation) -> Step {
        state = .failed
        return .violation(violation)
    }
}
