import PluginAPI

/// One broadcast as the adapter of Node servers publishes it: MessagePack of `[uid, packet, options]`.
///
/// ```json
/// ["Hk3xQz", {"type": 2, "data": ["message:new", {…}], "nsp": "/client"},
///  {"rooms": ["conversation:c1"], "except": [], "flags": {}}]
/// ```
struct AdapterMessage: Hashable {
    /// Why a message is not taken.
    enum Refusal: Error, Hashable, CustomStringConvertible {
        case unreadable(MessagePackFailure)
        case tooLong(Int)
        case shape(String)

        var description: String {
            switch self {
            case .unreadable(let failure): failure.description
            case .tooLong(let count): "\(count) bytes, more than max_payload"
            case .shape(let problem): problem
            }
        }
    }

    /// Socket.IO's number for an event.
    private static let eventType: Int64 = 2

    /// Who published it; programs that only emit have one, too.
    var publisher: String
    var broadcast: SocketIOBroadcast
    /// It was for the sockets of its own server alone.
    var isLocal = false
}

// MARK: Writing

extension AdapterMessage {
    var encoded: ByteBuffer {
        let data: [JSONValue] = [.string(broadcast.event)] + broadcast.arguments
        let packet: JSONObject = [
            "type": .int(Self.eventType), "data": .array(data), "nsp": .string(broadcast.namespace),
        ]
        let options: JSONObject = [
            "rooms": .array(broadcast.rooms.map { .string($0) }),
            "except": .array(broadcast.except.map { .string($0) }),
            "flags": .object(broadcast.mayBeDropped ? ["volatile": true] : [:]),
        ]
        var bytes = ByteBuffer()
        bytes.writeMessagePack(.array([.string(publisher), .object(packet), .object(options)]))
        return bytes
    }
}

// MARK: Reading

extension AdapterMessage {
    /// - Parameter namespace: whose channel it came on.
    init(_ bytes: ByteBuffer, namespace: String, longest: Int) throws(Refusal) {
        guard bytes.readableBytes <= longest else { throw .tooLong(bytes.readableBytes) }
        let value: JSONValue
        do throws(MessagePackFailure) {
            value = try MessagePackReader.read(bytes)
        } catch {
            throw .unreadable(error)
        }
        guard let parts = value.arrayValue, parts.count >= 2, let publisher = Self.name(parts[0]) else {
            throw .shape("no array of a server's id, a packet and options")
        }
        let packet = parts[1]
        guard packet["type"]?.intValue == Self.eventType else { throw .shape("a packet that is no event") }
        guard packet["nsp"]?.stringValue ?? "/" == namespace else { throw .shape("a packet of another namespace") }
        guard let data = packet["data"]?.arrayValue, let event = data.first?.stringValue else {
            throw .shape("an event without a name")
        }
        let options = parts.count > 2 ? parts[2] : .null
        let flags = options["flags"]
        self.publisher = publisher
        broadcast = SocketIOBroadcast(
            namespace: namespace, event: event, arguments: data.dropFirst().map(\.withoutAbsent),
            rooms: try Self.rooms(options["rooms"]), except: try Self.rooms(options["except"]),
            mayBeDropped: flags?["volatile"]?.boolValue ?? false)
        isLocal = flags?["local"]?.boolValue ?? false
    }

    private static func rooms(_ value: JSONValue?) throws(Refusal) -> [String] {
        // Emitters of some languages write an empty text for none.
        guard let value, !value.isNull, value != "" else { return [] }
        guard let values = value.arrayValue else { throw .shape("rooms that are no list") }
        let names = values.compactMap(name)
        // Left out, a broadcast for one room would go to everybody.
        guard names.count == values.count else { throw .shape("a room that is no text") }
        return names
    }

    /// JavaScript takes numbers for names.
    private static func name(_ value: JSONValue) -> String? {
        value.stringValue ?? value.intValue.map { String($0) }
    }
}

extension JSONValue {
    /// Without the fields that are null: on sockets what is absent is left out, since the SDK reads null as a text.
    fileprivate var withoutAbsent: JSONValue {
        switch self {
        case .array(let values): .array(values.map(\.withoutAbsent))
        case .object(let members):
            .object(JSONObject(members.lazy.filter { !$0.value.isNull }.map { ($0.key, $0.value.withoutAbsent) }))
        default: self
        }
    }
}
