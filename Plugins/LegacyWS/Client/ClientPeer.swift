import NIOCore
import PluginAPI
import Synchronization

/// One connection of a device: subscribed to at most one conversation at a time.
final class ClientPeer: LegacyPeer, DeviceConnection, @unchecked Sendable {
    // Mutable state is touched on its event loop only.

    let device: DeviceIdentity
    let software: KnownSoftware?
    let door: ClientDoor
    let eventLoop: any EventLoop
    /// What the device is subscribed to as it comes in. Set before it is opened.
    var latest: ConversationHead?
    var joins = JoinQueue<Never>()
    private(set) var transport: LegacyTransport?
    private(set) var room: ConversationID?
    /// What was opened over HTTP before this connection was.
    private var early: ConversationID?
    private var session: ConnectionInfo?
    /// Which presence was told of the session.
    private var presenceGeneration: Int?
    private var isClosed = false
    /// It has lost its place to a newer one.
    private var isReplaced = false
    /// In nanoseconds of NIO's clock.
    private let lastSign: Atomic<UInt64>
    /// What it was let in by holds no more.
    private var isRevoked = false

    init(device: DeviceIdentity, software: KnownSoftware?, door: ClientDoor, eventLoop: any EventLoop) {
        self.device = device
        self.software = software
        self.door = door
        self.eventLoop = eventLoop
        lastSign = Atomic(eventLoop.now.uptimeNanoseconds)
    }

    var lastSignOfLife: NIODeadline { .uptimeNanoseconds(lastSign.load(ordering: .relaxed)) }

    func showedLife(at now: NIODeadline) { lastSign.store(now.uptimeNanoseconds, ordering: .relaxed) }

    /// Closes it in favour of a newer connection of its device. From any thread.
    func makeRoom() {
        eventLoop.execute {
            self.isReplaced = true
            self.transport?.close(.replaced)
        }
    }

    func opened(_ transport: LegacyTransport) {
        self.transport = transport
        if isReplaced { return transport.close(.replaced) }
        if isRevoked { return revoke() }
        transport.outlet.send(LegacyReply.established(transport.outlet.id, notice: door.sunset.notice))
        session = ConnectionInfo(id: transport.outlet.id, device: device, connectedAt: door.clock.now)
        reportToPresence()
        if let latest, early == nil || early == latest.conversation.id {
            enter(latest.conversation.id)
        } else if let early {
            enqueue(JoinQueue.Join(early, isSilent: true))
        }
        (early, latest) = (nil, nil)
    }

    func closed(_ reason: String) {
        isClosed = true
        door.connections.release(self, of: device)
        joins.removeAll()
        leaveRoom()
        let presence = door.presence.current
        if let session, presence.generation == presenceGeneration {
            presence.value?.disconnected(session, reason: reason)
        }
        session = nil
        transport = nil
    }

    /// Ends the connection, also if it is not open yet. On the loop.
    func revoke() {
        isRevoked = true
        transport?.close(.invalidAppID)
    }

    /// Tells presence of the session, each provider once. On the loop.
    func reportToPresence() {
        let presence = door.presence.current
        guard let session, presence.generation != presenceGeneration else { return }
        presenceGeneration = presence.generation
        presence.value?.connected(session)
    }

    func received(_ message: LegacyMessage) {
        switch message {
        case .subscribe(let conversation): enqueue(JoinQueue.Join(conversation))
        case .typing(let conversation, let isTyping): typing(isTyping, in: conversation)
        case .ping, .unsubscribe, .meaningless, .invalidJSON: return
        }
    }

    /// Enters a conversation of this device that was opened elsewhere, behind what was asked for before. From any thread.
    func follow(_ conversation: ConversationID) {
        eventLoop.execute {
            guard !self.isClosed else { return }
            if self.transport == nil {
                self.early = conversation
            } else {
                self.enqueue(JoinQueue.Join(conversation, isSilent: true))
            }
        }
    }
}

// MARK: The room

extension ClientPeer {
    /// Makes it the one conversation that is heard, and says so.
    func enter(_ conversation: ConversationID) {
        guard let transport, let rooms = door.hub.rooms(on: eventLoop) else { return }
        if room != conversation {
            leaveRoom()
            rooms.join(transport.outlet, topic: .conversation(conversation), wire: door.wire)
            room = conversation
        }
        transport.outlet.send(LegacyReply.subscribed(conversation))
    }

    private func leaveRoom() {
        guard let room, let transport else { return }
        door.hub.rooms(on: eventLoop)?.leave(transport.outlet, topic: .conversation(room), wire: door.wire)
        door.chat.leave(room, connection: transport.outlet.id)
        self.room = nil
    }

    /// Only those who subscribed to a conversation may type in it.
    private func typing(_ isTyping: Bool, in conversation: ConversationID) {
        guard conversation == room, let transport else { return }
        let typing = Typing(
            conversation: conversation, app: device.app, side: .user(device.device), isTyping: isTyping)
        door.chat.typing(typing, by: transport.outlet.id)
    }
}
