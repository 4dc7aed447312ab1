import NIOCore
import PluginAPI

/// What goes to the rooms of `/client` and `/admin`, for plugins that carry it to and from other servers.
final class SocketIOBroadcasts: SocketIOBroadcasting {
    /// A namespace whose sockets are in rooms.
    struct Place: Sendable {
        var namespace: String
        var format: any WireFormat
        var wire: WireFormatID
        /// Rooms of this namespace begin with one of these.
        var roomKinds: [String]
    }

    private let places: [Place]
    private let hub: RealtimeHub
    private let server: SocketIOServer
    private let core: EndpointCore

    init(_ places: [Place], hub: RealtimeHub, server: SocketIOServer, core: EndpointCore) {
        self.places = places
        self.hub = hub
        self.server = server
        self.core = core
    }

    func broadcasts(of publication: ClusterPublication) -> [SocketIOBroadcast] {
        places.flatMap { place -> [SocketIOBroadcast] in
            let rooms = publication.topics.map(\.name).filter { room in
                place.roomKinds.contains { room.hasPrefix($0) }
            }
            guard !rooms.isEmpty, let frames = place.format.frame(for: publication.event) else { return [] }
            return Self.events(of: frames, in: place.namespace).compactMap { json in
                guard let name = json[0]?.stringValue else { return nil }
                return SocketIOBroadcast(
                    namespace: place.namespace, event: name, arguments: Array(json.arrayValue?.dropFirst() ?? []),
                    rooms: rooms)
            }
        }
    }

    /// What an event's finished frames say, `["name",…]` each: the text behind a frame's header and `42/namespace,`.
    static func events(of frames: ByteBuffer, in namespace: String) -> [JSONValue] {
        var (rest, events) = (frames, [JSONValue]())
        while rest.readInteger(as: UInt8.self) != nil, let short = rest.readInteger(as: UInt8.self) {
            let length: Int? =
                switch short {
                case 126: rest.readInteger(as: UInt16.self).map(Int.init)
                case 127: rest.readInteger(as: UInt64.self).flatMap(Int.init(exactly:))
                default: Int(short)
                }
            guard let length, var text = rest.readSlice(length: length),
                text.readSlice(length: "42\(namespace),".utf8.count) != nil, let json = try? JSONValue(parsing: text)
            else { return events }
            events.append(json)
        }
        return events
    }

    func deliver(_ broadcast: SocketIOBroadcast) {
        guard let place = places.first(where: { $0.namespace == broadcast.namespace }) else { return }
        let frame = SocketIOPacketEncoder.event(
            namespace: place.namespace, name: broadcast.event, arguments: broadcast.arguments.map { .json($0) })
        let except = Set(broadcast.except.map(Topic.init))
        guard broadcast.rooms.isEmpty else {
            hub.deliver(
                frame, on: place.wire, to: broadcast.rooms.map(Topic.init), exceptTopics: except,
                mayBeDropped: broadcast.mayBeDropped)
            return
        }
        server.eachConnection(of: core) { [hub] connection in
            let outlet = connection.outlet
            guard let socket = connection.joinedSockets.first(where: { $0.namespace == place.namespace }) else {
                return
            }
            if broadcast.mayBeDropped, outlet.isSlow { return }
            if let rooms = hub.rooms(on: connection.eventLoop),
                rooms.isMember(outlet, ofAny: except, wire: place.wire)
            {
                return
            }
            socket.send(frame)
        }
    }
}
