import PluginAPI

/// What takes time: the store is asked, and the peer gets an acknowledgement.
extension AdminHandler {
    /// The most calls that may be under way for one socket.
    private static let mostCalls = 64

    /// Runs an async call for this socket; its answer is an acknowledgement, if one was asked for.
    ///
    /// - Returns: false if it was refused, as too many are under way.
    @discardableResult
    func call(
        _ event: FailedEvent.Event,
        _ acknowledge: Acknowledge?,
        _ body: @escaping @Sendable (AdminHandler) async throws -> [SocketIOValue]
    ) -> Bool {
        guard callCount < Self.mostCalls else {
            refuse(event, .rateLimited, acknowledge)
            return false
        }
        callCount += 1
        // Bounded by `mostCalls`; ends with the store's answer.
        Task(executorPreference: executor) {
            do {
                let answer = try await body(self)
                acknowledge?(answer)
            } catch {
                let code = FailedEvent.Code(error)
                if code == .serverError {
                    self.namespace.logger.log(
                        level: (error as? ChatError)?.logLevel ?? .error, "An agent's call failed",
                        metadata: ["error": "\(String(reflecting: error))"])
                }
                self.refuse(event, code, acknowledge)
            }
            self.callCount -= 1
        }
        return true
    }
}
