/// What the listener does to every request and answer, whoever serves it.
struct EdgePolicy: Sendable {
    var cors = CORSPolicy()
    /// Peers whose `X-Forwarded-For` is believed.
    var trustedProxies: [AddressRange] = []
}
