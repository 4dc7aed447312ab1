extension PostgresCluster {
    /// Makes and starts a standby that follows another cluster.
    static func standby(of primary: PostgresCluster, settings: [String: String] = [:]) async throws -> PostgresCluster {
        let standby = try PostgresCluster()
        try await standby.run([
            "pg_basebackup", "-D", standby.data, "-h", "127.0.0.1", "-p", "\(primary.port)", "-U", superuser, "-R",
            "-X", "stream", "-c", "fast",
        ])
        try standby.configure(settings)
        try await standby.launch()
        return standby
    }

    /// Ends a standby's recovery.
    func promote() async throws {
        try await run(["pg_ctl", "-D", data, "-w", "-t", "60", "promote"])
    }
}
