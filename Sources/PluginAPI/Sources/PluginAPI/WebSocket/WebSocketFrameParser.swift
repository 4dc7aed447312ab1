import NIOCore

/// Turns the bytes of a client into websocket messages (RFC 6455, server side, no extensions).
///
/// Append what was read, then call ``next()`` until it says `needMoreData`. A whole frame that arrived in one read is
/// unmasked in place and handed out without a copy; an idle parser holds no memory. After a close frame or a failure
/// the parser is finished and drops everything.
public struct WebSocketFrameParser: Sendable {
    private enum State {
        case open
        case fragmented(isText: Bool, ByteBuffer)
        case finished
    }

    /// The largest message in bytes, over all its fragments. It may be raised as the peer becomes known.
    public var maxPayload: Int
    private var state = State.open
    private var buffer = ByteBuffer()

    /// Makes a parser at the beginning of a stream.
    public init(maxPayload: Int) {
        self.maxPayload = maxPayload
    }

    /// Bytes of a frame that is not complete yet, and of the fragments before it.
    public var bufferedBytes: Int {
        if case .fragmented(_, let message) = state { return buffer.readableBytes + message.readableBytes }
        return buffer.readableBytes
    }

    /// Takes over the readable bytes of `input`, which is empty afterwards.
    public mutating func append(_ input: inout ByteBuffer) {
        if case .finished = state {
            input = ByteBuffer()
        } else if buffer.readableBytes == 0 {
            // Moved, not copied, so that unmasking finds the storage unshared.
            buffer = ByteBuffer()
            swap(&buffer, &input)
        } else {
            buffer.discardReadBytes()
            buffer.writeBuffer(&input)
            input = ByteBuffer()
        }
    }

    /// The next event in the bytes so far.
    public mutating func next() -> Event {
        while true {
            if case .finished = state { return .needMoreData }
            switch WebSocketFrameHeader.parse(buffer) {
            case .needMoreData:
                if buffer.readableBytes == 0 { buffer = ByteBuffer() }
                return .needMoreData
            case .failure(let failure):
                return fail(failure)
            case .header(let header):
                if let failure = refusal(of: header) { return fail(failure) }
                guard buffer.readableBytes - header.headerLength >= header.payloadLength else { return .needMoreData }
                let payload = takePayload(header)
                if let event = received(header, payload) { return event }
            }
        }
    }
}

extension WebSocketFrameParser {
    /// What is wrong with a frame at this place in the stream, before its body is waited for.
    private func refusal(of header: WebSocketFrameHeader) -> WebSocketFailure? {
        if header.opcode.isControl { return nil }
        switch (state, header.opcode) {
        case (.fragmented(_, let message), .continuation):
            return header.payloadLength > maxPayload - message.readableBytes ? .messageTooBig : nil
        case (.fragmented, _):
            return .interruptedMessage
        case (.open, .continuation), (.finished, .continuation):
            return .strayContinuation
        case (.open, _), (.finished, _):
            return header.payloadLength > maxPayload ? .messageTooBig : nil
        }
    }

    private mutating func takePayload(_ header: WebSocketFrameHeader) -> ByteBuffer {
        buffer.moveReaderIndex(forwardBy: header.headerLength)
        var payload = ByteBuffer()
        if buffer.readableBytes == header.payloadLength {
            swap(&payload, &buffer)
        } else {
            // Shares its storage with the frames behind it, so unmasking copies this payload and no more.
            payload = buffer.readSlice(length: header.payloadLength) ?? ByteBuffer()
        }
        payload.unmask(with: header.mask)
        return payload
    }

    /// The event of a whole frame, or nil when it was not the last fragment of its message.
    private mutating func received(_ header: WebSocketFrameHeader, _ payload: ByteBuffer) -> Event? {
        switch header.opcode {
        case .ping:
            return .ping(payload)
        case .pong:
            return .pong(payload)
        case .close:
            finish()
            return Event(closePayload: payload)
        case .text, .binary:
            guard header.isFinal else {
                state = .fragmented(isText: header.opcode == .text, payload)
                return nil
            }
            return message(isText: header.opcode == .text, payload)
        case .continuation:
            guard case .fragmented(let isText, var whole) = state else { return fail(.strayContinuation) }
            // Out of the state first: a second reference would copy the message with every fragment.
            state = .open
            var payload = payload
            whole.writeBuffer(&payload)
            guard header.isFinal else {
                state = .fragmented(isText: isText, whole)
                return nil
            }
            return message(isText: isText, whole)
        }
    }

    private mutating func message(isText: Bool, _ payload: ByteBuffer) -> Event {
        guard isText else { return .binary(payload) }
        return payload.isValidUTF8 ? .text(payload) : fail(.invalidUTF8)
    }

    private mutating func fail(_ failure: WebSocketFailure) -> Event {
        finish()
        return .failure(failure)
    }

    private mutating func finish() {
        state = .finished
        buffer = ByteBuffer()
    }
}
