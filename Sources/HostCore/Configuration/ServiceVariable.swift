/// Variables that an orchestrator sets for the services beside this process, whose names may begin like ours: those of
/// Kubernetes for a Service called `replyhq` or `replyhq-redis`, and those of `docker run --link`.
enum ServiceVariable {
    /// - Parameter name: without `REPLYHQ_`.
    static func isOne(_ name: Substring, _ value: String) -> Bool {
        if name.hasPrefix("PLUGINS__") { return false }
        let words = name.split(separator: "_", omittingEmptySubsequences: false)
        for start in words.indices {
            let place = words[start...]
            if isService(place) || isPort(place, value) { return true }
        }
        return isLink(name, value)
    }

    /// `…SERVICE_HOST`, `…SERVICE_PORT`, and `…SERVICE_PORT_HTTP` for a port that has a name.
    private static func isService(_ words: ArraySlice<Substring>) -> Bool {
        let words = Array(words)
        guard words.count >= 2, words[0] == "SERVICE" else { return false }
        return words == ["SERVICE", "HOST"] || words[1] == "PORT"
    }

    /// `…PORT=tcp://10.0.0.1:3000`, `…PORT_3000_TCP=tcp://…`, `…PORT_3000_TCP_PROTO`, `_PORT`, `_ADDR`, and Docker's
    /// `_START` and `_END` of a range.
    private static func isPort(_ words: ArraySlice<Substring>, _ value: String) -> Bool {
        let words = Array(words)
        guard words.first == "PORT" else { return false }
        if words.count == 1 || ["START", "END"].contains(words[1]) { return hasProtocol(value) }
        guard words.count >= 3, !words[1].isEmpty, words[1].allSatisfy(\.isNumber) else { return false }
        return ["TCP", "UDP", "SCTP"].contains(words[2])
    }

    /// Docker's `<ALIAS>_ENV_<KEY>`, and `<ALIAS>_NAME=/container/alias`.
    private static func isLink(_ name: Substring, _ value: String) -> Bool {
        if name == "NAME" || name.hasSuffix("_NAME") { return value.hasPrefix("/") && !name.contains("__") }
        if name.hasPrefix("ENV_") { return true }
        guard let place = name.firstRange(of: "_ENV_") else { return false }
        return !name[..<place.lowerBound].contains("__") && name[..<place.lowerBound].last != "_"
    }

    private static func hasProtocol(_ value: String) -> Bool {
        ["tcp://", "udp://", "sctp://"].contains { value.lowercased().hasPrefix($0) }
    }
}
