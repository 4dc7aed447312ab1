import PluginAPI

/// How the end of this protocol is prepared: what clients are told, and when they are turned away to find out who is
/// left.
struct SunsetPolicy: Sendable {
    /// What a peer is told as it comes in.
    struct Notice: Sendable, Hashable {
        var text: String
        var sunset: Timestamp
    }

    /// What clients are to use instead.
    static let replacement = "/v1/socket.io"

    /// When it ends; nil: that is not decided.
    var sunset: Timestamp?
    /// Since when it should not be used any more; nil: nobody is told.
    var deprecatedSince: Timestamp?
    /// Where people read more.
    var information: String?
    var brownouts: BrownoutSchedule

    /// Whether HTTP answers say something of it.
    var isAnnounced: Bool { sunset != nil || deprecatedSince != nil }

    /// The notice in `connection.established`.
    var notice: Notice? {
        sunset.map { sunset in
            Notice(
                text: "This connection ends on \(sunset.iso8601.prefix(10)). Update the app's SDK: Socket.IO at "
                    + "\(Self.replacement) takes its place.",
                sunset: sunset)
        }
    }

    /// Why a peer is turned away at an instant; nil: it is not. Fits into a close frame.
    func refusal(at now: Timestamp) -> String? {
        guard let end = brownouts.end(at: now) else { return nil }
        return "Switched off until \(end.iso8601.prefix(16))Z; update the SDK, use Socket.IO at \(Self.replacement)"
    }
}
