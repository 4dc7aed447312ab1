import NIOCore
import PluginAPI

/// Joins the text of a binary packet with the binary frames that must follow it directly; plain packets pass through.
///
/// After a violation every further frame is ignored.
struct BinaryReassembler: Sendable {
    private enum State {
        case idle
        case collecting(SocketIOPacket, [ByteBuffer], bytes: Int)
        case failed
    }

    enum Step: Sendable, Hashable {
        case packet(SocketIOInbound)
        /// More attachments are to come, or the stream has failed before.
        case nothing
        case violation(SocketIOViolation)
    }

    private let decoder: SocketIOPacketDecoder
    private var state = State.idle

    init(limits: SocketIOLimits = SocketIOLimits()) {
        decoder = SocketIOPacketDecoder(limits: limits)
    }

    /// The text of a packet has arrived, without its Engine.IO digit.
    mutating func textReceived(_ text: ByteBuffer) -> Step {
        switch state {
        case .idle:
            do {
                let packet = try decoder.decode(text)
                if packet.attachments == 0 { return .packet(try packet.resolved()) }
                state = .collecting(packet, [], bytes: 0)
                return .nothing
            } catch {
                return fail(error)
            }
        case .collecting:
            return fail(.missingAttachment)
        case .failed:
            return .nothing
        }
    }

    /// A binary frame has arrived.
    mutating func binaryReceived(_ bytes: ByteBuffer) -> Step {
        switch state {
        case .idle:
            return fail(.unexpectedAttachment)
        case .collecting(let packet, var binaries, let before):
            let total = before + bytes.readableBytes
            guard total <= decoder.limits.attachmentBytes else { return fail(.attachmentsTooBig) }
            binaries.append(bytes)
            guard binaries.count == packet.attachments else {
                state = .collecting(packet, binaries, bytes: total)
                return .nothing
            }
            state = .idle
            do {
                return .packet(try packet.resolved(binaries))
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
