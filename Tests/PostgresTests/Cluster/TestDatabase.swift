import CLibPQ
import PluginAPI

@testable import PostgresPlugin

/// A database for one test, on the shared cluster or one of its own. It goes with the cluster.
struct TestDatabase: Sendable {
    let cluster: PostgresCluster
    let name: String

    /// Makes an empty one.
    init(on cluster: PostgresCluster? = nil) async throws {
        if let cluster { self.cluster = cluster } else { self.cluster = try await .shared() }
        name = "test_" + IDGenerator.uuidV4().replacing("-", with: "")
        try await SQLSession.run("CREATE DATABASE \(name)", on: self.cluster.url("postgres"))
    }

    /// One that is there already, such as on a standby that was promoted.
    init(existing name: String, on cluster: PostgresCluster) {
        self.cluster = cluster
        self.name = name
    }

    var url: String { cluster.url(name) }

    /// How a pool reaches it: with the product's defaults, but hundreds of tests at once may take their time.
    var options: PostgresOptions {
        get throws {
            var options = PostgresOptions(connection: try ConnectionURL(url).options)
            (options.queueTimeout, options.connection.statementTimeout) = (.seconds(60), .seconds(60))
            return options
        }
    }

    /// Runs SQL over a connection of its own; returns the last statement's rows as text.
    @discardableResult
    func run(_ sql: String) async throws -> [[String?]] { try await SQLSession.run(sql, on: url) }

    /// Lends a pool and closes it, whatever happens.
    func withPool<Value>(
        _ change: (inout PostgresOptions) -> Void = { _ in },
        changed: @escaping @Sendable (String?) -> Void = { _ in },
        _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        var options = try options
        change(&options)
        let pool = try await PostgresPool.open(options, changed: changed)
        do {
            let value = try await body(pool)
            await pool.close()
            return value
        } catch {
            await pool.close(within: .zero)
            throw error
        }
    }
}

extension PostgresCluster {
    /// Over TCP, as production does.
    func url(_ database: String) -> String {
        "postgres://\(Self.superuser)@127.0.0.1:\(port)/\(database)?sslmode=disable"
    }
}
