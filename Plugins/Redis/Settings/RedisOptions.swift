import PluginAPI

/// How Redis is reached and used.
public struct RedisOptions: Sendable {
    /// How the server is found.
    enum Server: Sendable, Hashable {
        case fixed(RedisAddress)
        case sentinels([RedisAddress], master: String)
        /// Nodes of a cluster that are asked for the others.
        case cluster([RedisAddress])
    }

    /// Whom a server lets in.
    struct Credentials: Sendable, Hashable {
        /// Nil: the password of the default user.
        var username: String?
        var password: Secret
    }

    var server: Server
    var credentials: Credentials?
    var sentinelCredentials: Credentials?
    /// Where keys are kept; channels know no databases.
    var database = 0
    /// Nil: in the clear.
    var tls: RedisTLS?
    /// Before every key and channel.
    var prefix = "rq:"
    /// How long an attempt to connect may take, looking for the server included.
    var connectTimeout: Duration = .seconds(3)
    /// How long an answer may take, and how soon a server that fell silent is noticed.
    var commandTimeout: Duration = .seconds(5)
    /// How long a question about a limit may take before each node counts by itself.
    var limitPatience: Duration = .milliseconds(25)
    /// How many commands may wait for their answers.
    var queueLimit = 10_000
    /// How many bytes of commands may wait for their answers.
    var queueByteCount = 64 << 20

    init(server: Server) {
        self.server = server
    }
}

extension RedisOptions {
    var rules: LinkRules {
        var greeting = Self.greeting(credentials)
        // Says first whether this is a server that can be used.
        greeting.append(isCluster ? .helloCluster : .hello)
        if database != 0 { greeting.append(.select(database: database)) }
        return LinkRules(
            connectTimeout: TimeAmount(connectTimeout), silence: TimeAmount(commandTimeout), greeting: greeting)
    }

    var isCluster: Bool { if case .cluster = server { true } else { false } }

    static func greeting(_ credentials: Credentials?) -> [GreetingStep] {
        credentials.map { [.authenticate(username: $0.username, password: $0.password)] } ?? []
    }

    /// How a server is found that is no cluster's; a cluster is entered by its first node.
    func locator(_ dialer: RedisDialer) -> ServerLocator {
        switch server {
        case .fixed(let address): return .fixed(address, dialer)
        case .cluster(let seeds): return .fixed(seeds[0], dialer)
        case .sentinels(let sentinels, let master):
            let guide = SentinelGuide(
                sentinels: sentinels, master: master, greeting: Self.greeting(sentinelCredentials), dialer: dialer)
            return .sentinels(guide, dialer)
        }
    }
}
