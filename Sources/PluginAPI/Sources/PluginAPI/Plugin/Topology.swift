/// What carries events between the processes of a deployment.
public enum Topology: String, Sendable, CaseIterable {
    /// There is one process.
    case single
    /// Several, through Redis.
    case redis
    /// Several, through PostgreSQL's LISTEN and NOTIFY.
    case postgres
}
