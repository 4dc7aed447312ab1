import PluginAPI
import Synchronization

/// Runs the typing machine on one event loop, which keeps what it publishes in order and callers free of waiting.
final class TypingDesk: Sendable {
    /// How many may type at once.
    private static let capacity = 50_000

    private let hub: RealtimeHub
    private let eventLoop: any EventLoop
    private let timer: DeadlineTimer
    /// Touched on the loop only; the lock is never contended.
    private let machine: Mutex<TypingMachine>
    /// Typists, and starts on their way to the loop: while there are none, messages and leaves need not go there.
    private let activity = Atomic<Int>(0)

    init(hub: RealtimeHub, eventLoop: any EventLoop, timeout: Duration) {
        self.hub = hub
        self.eventLoop = eventLoop
        timer = DeadlineTimer(on: eventLoop)
        machine = Mutex(TypingMachine(timeout: timeout, capacity: Self.capacity))
    }

    func typing(_ typing: Typing, by connection: ConnectionID) {
        guard typing.isTyping else { return leave(typing.conversation, connection: connection) }
        activity.add(1, ordering: .relaxed)
        eventLoop.execute { [self] in
            let now = eventLoop.now
            apply(announced: 1) { machine in machine.start(typing, by: connection, at: now).map { [$0] } ?? [] }
        }
    }

    func leave(_ conversation: ConversationID, connection: ConnectionID) {
        guard activity.load(ordering: .relaxed) > 0 else { return }
        eventLoop.execute { [self] in
            apply { machine in machine.stop(conversation, by: connection).map { [$0] } ?? [] }
        }
    }

    /// Called on the store's writer for every message.
    func messageSent(by sender: Message.Sender, in conversation: ConversationID) {
        guard sender != .system, activity.load(ordering: .relaxed) > 0 else { return }
        eventLoop.execute { [self] in
            apply { $0.messageSent(by: sender, in: conversation) }
        }
    }

    func close() { timer.cancel() }

    /// - Parameter announced: by how much ``activity`` has grown ahead of the machine.
    private func apply(announced: Int = 0, _ step: (inout TypingMachine) -> [TypingMachine.Change]) {
        let (changes, growth, next) = machine.withLock { machine in
            let before = machine.count
            let changes = step(&machine)
            return (changes, machine.count - before, machine.nextEnd)
        }
        activity.add(growth - announced, ordering: .relaxed)
        for change in changes {
            hub.publish(
                .typing(change.typing), to: [.conversation(change.typing.conversation)], except: change.connection)
        }
        if let next { timer.arm(at: next) { [weak self] in self?.expire() } }
    }

    private func expire() {
        let now = eventLoop.now
        apply { $0.expire(at: now) }
    }
}
