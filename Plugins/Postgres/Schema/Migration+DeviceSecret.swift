extension Migration {
    /// What a device proves itself by.
    static let deviceSecret = Migration(
        version: 2,
        name: "device secret",
        statements: ["ALTER TABLE devices ADD COLUMN secret_hash text"],
        locks: "Locks devices against reading and writing for the moment of a change of the catalogue.",
        isTransactional: true
    )
}
