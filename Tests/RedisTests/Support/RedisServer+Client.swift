import NIOPosix
import PluginAPI
import Testing

@testable import RedisPlugin

extension RedisOptions {
    /// Impatient, so that tests of silence are quick, but not with a busy machine.
    var impatient: RedisOptions {
        var options = self
        options.connectTimeout = .seconds(5)
        options.commandTimeout = .seconds(5)
        return options
    }

    /// Patient, so that a machine that has no time for a test is not taken for a server that is silent.
    var patient: RedisOptions {
        var options = self
        options.connectTimeout = .seconds(60)
        options.commandTimeout = .seconds(60)
        return options
    }
}

/// Lends a client that connects, and closes it whatever happens.
func withClient<Value>(
    _ options: RedisOptions, on loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next(),
    isolation: isolated (any Actor)? = #isolation, _ body: (RedisClient) async throws -> Value
) async throws -> Value {
    let client = try RedisClient(options, on: loop, scripts: LeaseScripts.all + BucketScripts.all)
    client.start()
    do {
        let value = try await body(client)
        await client.close()
        return value
    } catch {
        await client.close()
        throw error
    }
}

/// What a connection fails from first, or nil if both come to work.
func refusal(_ options: RedisOptions) async throws -> RedisFailure? {
    try await withClient(options) { client in
        let outcomes = Journal<RedisFailure?>()
        client.observe { if $0.isConnected || $0.failure != nil { outcomes.add($0.failure) } }
        try await until("it works, or says why not") { outcomes.count > 0 }
        return outcomes.all[0]
    }
}

extension RedisClient {
    /// Waits until both connections work.
    func connect(_ location: SourceLocation = #_sourceLocation) async throws {
        let failure = await untilConnected(within: .seconds(30))
        try #require(failure == nil, "\(failure.map { "\($0)" } ?? "")", sourceLocation: location)
    }
}

/// A broker and what it told.
final class BrokerEar: Sendable {
    let broker: RedisBroker
    let journal = Journal<BrokerEvent>()

    init(_ client: RedisClient, prefix: String = "rq:", database: Int = 0) {
        broker = RedisBroker(client: client, prefix: prefix, database: database)
        broker.listen { [journal] in journal.add($0) }
    }

    /// Bodies received on a channel, as text.
    func bodies(on channel: String) -> [String] {
        journal.all.compactMap { event in
            guard case .received(let message) = event, message.channel == channel else { return nil }
            return String(buffer: message.body)
        }
    }

    /// How it stood over time: `connected` and `lost`.
    var states: [Bool] {
        journal.all.compactMap { event in
            switch event {
            case .connected: true
            case .lost: false
            case .subscribed, .received: nil
            }
        }
    }

    /// Subscribes and waits for the confirmation.
    func subscribe(_ channel: String) async throws {
        let before = confirmations(of: channel)
        broker.subscribe([channel])
        try await until("\(channel) stands") { confirmations(of: channel) > before }
    }

    func confirmations(of channel: String) -> Int {
        journal.all.count { if case .subscribed(let names) = $0 { names.contains(channel) } else { false } }
    }

    func publish(_ bodies: String..., to channel: String) async -> Bool {
        await withCheckedContinuation { continuation in
            let messages = bodies.map { BrokerMessage(channel: channel, body: ByteBuffer(string: $0)) }
            broker.publish(messages) { continuation.resume(returning: $0) }
        }
    }
}
