extension PostgresFailure {
    /// The session that answers is not the one that was made.
    static let pooler = PostgresFailure(
        kind: .connection,
        message: "there is a pooler between, through which LISTEN is not to be relied on; listen_url must lead to the "
            + "server itself")

    /// What was notified is taken, and is not heard.
    static let deaf = PostgresFailure(
        kind: .connection,
        message:
            "its own notification does not come back: if a pooler or a proxy is between, listen_url must lead to the "
            + "server itself")
}
