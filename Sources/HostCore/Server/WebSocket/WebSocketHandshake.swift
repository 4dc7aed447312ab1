import HTTPTypes
import PluginAPI

/// The server's side of the opening handshake (RFC 6455 section 4.2).
enum WebSocketHandshake {
    /// Section 1.3: what every server appends to the key.
    private static let magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// Whether the request, which asks for an upgrade, wants to become a websocket.
    static func isRequested(by request: HTTPRequest) -> Bool {
        request.method == .get && request.headerFields.hasToken("websocket", in: .upgrade)
    }

    /// Checks version and key, and returns `Sec-WebSocket-Accept`.
    static func accept(_ fields: HTTPFields) throws(Refusal) -> String {
        guard fields.value(of: .secWebSocketVersion) == "13" else { throw .webSocketVersion }
        guard let key = fields.value(of: .secWebSocketKey), isKey(key) else {
            throw .invalidRequest("Invalid Sec-WebSocket-Key")
        }
        return Base64.encode(Digest.sha1((key + magic).utf8))
    }

    /// The first subprotocol that the client offers (section 4.2.2). None means anything here, but a browser that offers
    /// some and hears of none closes.
    static func `protocol`(_ fields: HTTPFields) -> String? {
        guard let offered = fields.value(of: .secWebSocketProtocol) else { return nil }
        let first = offered.prefix { $0 != "," }.split(whereSeparator: { $0 == " " || $0 == "\t" })
        // It is a token, as the names of fields are.
        guard first.count == 1, HTTPField.Name(String(first[0])) != nil else { return nil }
        return String(first[0])
    }

    /// The bytes of the 101. Extensions are never negotiated; framing is the wire's own.
    static func response(accept: String, requestID: String, headers: HTTPFields) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(256)
        buffer.writeStaticString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        buffer.writeStaticString("Sec-WebSocket-Accept: ")
        buffer.writeString(accept)
        buffer.writeStaticString("\r\nX-Request-Id: ")
        buffer.writeString(requestID)
        buffer.writeStaticString("\r\n")
        for field in headers where !reserved.contains(field.name) {
            buffer.writeString("\(field.name.rawName): \(field.value)\r\n")
        }
        buffer.writeStaticString("\r\n")
        return buffer
    }

    private static let reserved: Set<HTTPField.Name> = [
        .connection, .upgrade, .secWebSocketAccept, .secWebSocketExtensions, .contentLength, .transferEncoding,
    ]

    /// 16 bytes in base 64: 22 characters and two signs of padding.
    private static func isKey(_ key: String) -> Bool {
        let key = Array(key.utf8)
        guard key.count == 24, key.suffix(2).allSatisfy({ $0 == UInt8(ascii: "=") }) else { return false }
        return key.prefix(22).allSatisfy {
            switch $0 {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
    }
}

extension HTTPFields {
    /// Whether a field that is a list of tokens holds one, in any case (RFC 9110 section 5.6.1).
    ///
    /// - Parameter token: in lower case.
    func hasToken(_ token: String, in name: HTTPField.Name) -> Bool {
        contains { field in
            guard field.name == name else { return false }
            // The one token that most say alone.
            if field.value.utf8.elementsEqual(token.utf8, by: { lowercase($0) == $1 }) { return true }
            return field.value.utf8.split(separator: UInt8(ascii: ",")).contains { item in
                item.drop(while: isBlank).prefix { !isBlank($0) }.elementsEqual(token.utf8) { lowercase($0) == $1 }
            }
        }
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
