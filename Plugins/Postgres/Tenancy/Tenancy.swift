import PluginAPI

/// How a request tells the database whose rows it is about: by a first step of its own.
///
/// The name holds until the transaction's end, and requests that share a transaction each begin by naming their own
/// app, or nobody. So none runs under the name that the one before it left, however often and in whatever company it
/// is run.
enum Tenancy {
    /// The session's setting that the policies compare with.
    static let setting = "app.current_tenant"

    private static let name = Statement("tenant", "SELECT set_config('\(setting)', $1::text, true)")

    /// Steps that see the rows of an app; with nil the rows of none.
    static func steps(_ steps: [Step], of app: AppID?) -> [Step] {
        steps.isEmpty ? [] : [Step(name, .text(app?.rawValue ?? ""))] + steps
    }

    /// Reads the answers to ``steps(_:of:)`` as those to the steps themselves.
    static func reading<Value>(
        _ decode: @escaping @Sendable ([Rows]) throws -> Value
    ) -> @Sendable ([Rows]) throws -> Value {
        { rows in try decode(Array(rows.dropFirst())) }
    }
}

extension Inquiry {
    /// The same inquiry about an app's rows.
    func naming(_ app: AppID?) -> Inquiry {
        Inquiry(steps: Tenancy.steps(steps, of: app), decode: Tenancy.reading(decode))
    }
}
