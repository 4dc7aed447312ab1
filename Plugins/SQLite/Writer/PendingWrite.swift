import PluginAPI

/// A write that waits for its transaction. Each is run (again if its batch was taken back), and then ends once.
protocol PendingWrite: AnyObject, Sendable {
    /// Whether rows of conversations may be others afterwards than an append makes them.
    var changesConversations: Bool { get }
    /// Whether it is on the disk before it succeeds; else it is in the system's hands, as safe from the end of this
    /// process and not from the end of the machine's power.
    var isDurable: Bool { get }
    func run(in transaction: WriteTransaction) throws
    /// After the commit, before anybody's ``succeed()``.
    func announce()
    func succeed()
    func fail(_ error: any Error)
}

final class Write<Value: Sendable>: PendingWrite, @unchecked Sendable {  // The result is touched on the writer only.
    let changesConversations: Bool
    let isDurable: Bool
    private let body: @Sendable (WriteTransaction) throws -> Value
    private let committed: (@Sendable (Value) -> Void)?
    private let continuation: CheckedContinuation<Value, any Error>
    private var result: Value?

    init(
        _ body: @escaping @Sendable (WriteTransaction) throws -> Value,
        changesConversations: Bool,
        isDurable: Bool,
        committed: (@Sendable (Value) -> Void)?,
        continuation: CheckedContinuation<Value, any Error>
    ) {
        self.body = body
        self.changesConversations = changesConversations
        self.isDurable = isDurable
        self.committed = committed
        self.continuation = continuation
    }

    func run(in transaction: WriteTransaction) throws {
        result = nil
        result = try body(transaction)
    }

    func announce() {
        if let committed, let result { committed(result) }
    }

    func succeed() {
        if let result {
            continuation.resume(returning: result)
        } else {
            fail(ChatError(.internalError, "The store lost a result"))
        }
    }

    func fail(_ error: any Error) {
        continuation.resume(throwing: ChatError.translating(error))
    }
}
