/// How a node of a Redis Cluster says that a command belongs elsewhere.
enum Redirection: Equatable {
    /// The slot is another node's from now on.
    case moved(RedisAddress)
    /// The slot is on its way to another node, and this key is there: to be asked once, behind `ASKING`.
    case ask(RedisAddress)
    /// The keys of one command are on both sides of a move, or nobody has the slot at the moment.
    case later

    /// Nil for any other answer.
    ///
    /// - Parameter sender: who said so; a node that does not know another's host means its own.
    init?(_ answer: RESPValue, from sender: RedisAddress) {
        guard case .error(let text) = answer else { return nil }
        let words = text.split(separator: " ", maxSplits: 3)
        switch (words.first, words.count) {
        case ("TRYAGAIN", _), ("CLUSTERDOWN", _): self = .later
        case ("MOVED", 3...): self = Self.address(words[2], sender).map { .moved($0) } ?? .later
        case ("ASK", 3...): self = Self.address(words[2], sender).map { .ask($0) } ?? .later
        default: return nil
        }
    }

    /// Addresses of the sixth version stand without brackets: the last colon is before the port.
    private static func address(_ text: Substring, _ sender: RedisAddress) -> RedisAddress? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        let host = text[..<colon]
        if host == "?" { return nil }
        guard let host = host.isEmpty ? sender.host : String(host) else { return nil }
        return .host(host, port: port)
    }
}
