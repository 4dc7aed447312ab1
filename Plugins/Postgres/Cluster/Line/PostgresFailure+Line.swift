extension PostgresFailure {
    /// The session that answers is not the one that was made.
    static let pooler = PostgresFailure(
        kind: .connection,
        message: "there is a pooler between, through which LISTEN is not to be relied on; listen_url must lead to the "
            + "server itself")
}
