/// Why a token cannot be reached.
enum PushObstacle: Sendable, Equatable {
    /// Nothing here ever speaks to its kind.
    case lasting(String)
    /// Settings or a plugin are missing at the moment, as they are while they are being changed.
    case passing(String)
}
