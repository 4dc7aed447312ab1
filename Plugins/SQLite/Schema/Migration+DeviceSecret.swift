extension Migration {
    /// Devices may prove who they are by a secret of their own; its salted hash is kept.
    static let deviceSecret = Migration(
        version: 2,
        name: "device secret",
        statements: "ALTER TABLE devices ADD COLUMN secret_hash TEXT;"
    )
}
