import PluginAPI

/// What takes time: the store is asked, and the peer gets an acknowledgement.
extension AdminHandler {
    /// The most calls that may be under way for one socket.
    private static let mostCalls = 64

    /// Runs an async call for this socket; its answer is an acknowledgement.
    ///
    /// - Returns: false if it was refused, as too many are under way.
    @discardableResult
    func call(
        _ acknowledge: Acknowledge?,
        _ body: @escaping @Sendable (AdminHandler) async throws -> [SocketIOValue]
    ) -> Bool {
        guard callCount < Self.mostCalls else {
            acknowledge?(Acknowledgement.failure("RATE_LIMIT_EXCEEDED"))
            return false
        }
        callCount += 1
        // Bounded by `mostCalls`; ends with the store's answer.
        Task(executorPreference: executor) {
            let answer: [SocketIOValue]
            do {
                answer = try await body(self)
            } catch {
                if (error as? ChatError)?.code == .unavailable || !(error is ChatError) {
                    self.namespace.logger.error(
                        "An agent's call failed", metadata: ["error": "\(String(reflecting: error))"])
                }
                answer = Acknowledgement.failure(error)
            }
            acknowledge?(answer)
            self.callCount -= 1
        }
        return true
    }
}
