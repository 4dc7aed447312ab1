import PluginAPI

extension PostgresPool {
    /// Runs steps in one transaction and returns once it is committed.
    ///
    /// They may run a second time after they were taken back, when another write of their batch failed.
    ///
    /// - Parameters:
    ///   - lane: What is written to; decides connection and order.
    ///   - app: Whose rows they see with row-level security; nil: nobody's.
    ///   - committed: Called on the driver's thread after the commit, in the order of the writes within a lane, before
    ///     any of them returns. It must be quick.
    ///   - inquiry: Asked when the connection was lost before the acknowledgement, before anything else is written to
    ///     the lane: if the write turns out to be committed, `committed` is called although the caller was told of a
    ///     failure. Without it nobody hears of such a write.
    ///   - decode: Reads the rows of each step, after the commit. If it throws, the write has happened nevertheless.
    /// - Throws: ``ChatError``, or `CancellationError` when the task was cancelled before the steps were sent.
    func write<Value: Sendable>(
        in lane: LaneKey,
        of app: AppID? = nil,
        _ steps: [Step],
        committed: (@Sendable (Value) -> Void)? = nil,
        inquiry: Inquiry<Value>? = nil,
        decode: @escaping @Sendable ([Rows]) throws -> Value
    ) async throws -> Value {
        try admit()
        guard namesTenant else {
            return try await run(steps, lane: lane, committed: committed, inquiry: inquiry, decode)
        }
        return try await run(
            Tenancy.steps(steps, of: app), lane: lane, committed: committed, inquiry: inquiry?.naming(app),
            Tenancy.reading(decode))
    }

    /// Runs steps that change nothing, and may be run again on another connection when theirs is lost.
    ///
    /// - Parameter app: Whose rows they see with row-level security; nil: nobody's.
    /// - Throws: ``ChatError``, or `CancellationError` as soon as the task is cancelled.
    func read<Value: Sendable>(
        _ steps: [Step],
        of app: AppID? = nil,
        decode: @escaping @Sendable ([Rows]) throws -> Value
    ) async throws -> Value {
        try admit()
        guard namesTenant else { return try await run(steps, lane: nil, committed: nil, inquiry: nil, decode) }
        return try await run(
            Tenancy.steps(steps, of: app), lane: nil, committed: nil, inquiry: nil, Tenancy.reading(decode))
    }

    /// Runs steps on tables that belong to no app, whether or not requests are kept out; otherwise as
    /// ``write(in:of:_:committed:inquiry:decode:)``.
    func maintain<Value: Sendable>(
        in lane: LaneKey, _ steps: [Step], decode: @escaping @Sendable ([Rows]) throws -> Value
    ) async throws -> Value {
        try await run(steps, lane: lane, committed: nil, inquiry: nil, decode)
    }

    private func admit() throws {
        do throws(PostgresFailure) { try gate.check() } catch { throw ChatError.translating(error) }
    }

    private func run<Value: Sendable>(
        _ steps: [Step],
        lane: LaneKey?,
        committed: (@Sendable (Value) -> Void)?,
        inquiry: Inquiry<Value>?,
        _ decode: @escaping @Sendable ([Rows]) throws -> Value
    ) async throws -> Value {
        guard !steps.isEmpty else { return try decode([]) }
        if steps.contains(where: { $0.values.contains(where: \.holdsNUL) }) { throw ChatError.holdsNUL() }
        let handle = RequestHandle()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let request = TypedRequest(
                    steps: steps, lane: lane, deadline: .now() + queueTimeout, committed: committed,
                    inquiry: inquiry, continuation: continuation, read: decode)
                submit(request, handle)
            }
        } onCancel: {
            if let request = handle.cancel() { _ = inbox.post(.cancel(request)) }
        }
    }

    private func submit(_ request: PipelineRequest, _ handle: RequestHandle) {
        do {
            if handle.hold(request) { throw CancellationError() }
            try inbox.submit(request)
        } catch {
            request.fail(error)
            request.finish()
        }
    }
}
