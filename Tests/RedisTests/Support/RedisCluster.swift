import PluginAPI
import Testing

@testable import RedisPlugin

/// A Redis Cluster of a test's own: three masters with a third of the slots each, and perhaps a replica for each.
final class RedisCluster: Sendable {
    let masters: [RedisServer]
    let replicas: [RedisServer]
    private let busPorts: [Int]
    private let login: [[String]]

    var servers: [RedisServer] { masters + replicas }

    init(replicas hasReplicas: Bool = false, password: String? = nil, spare: Bool = false) async throws {
        var all: [RedisServer] = []
        var ports: [Int] = []
        for _ in 0..<(hasReplicas ? 6 : 3) + (spare ? 1 : 0) {
            ports.append(try freePort())
            all.append(
                try await RedisServer(
                    [
                        "--cluster-enabled", "yes", "--cluster-port", "\(ports[ports.count - 1])",
                        "--cluster-node-timeout", "5000", "--repl-diskless-sync-delay", "0",
                    ] + (password.map { ["--requirepass", $0, "--masterauth", $0] } ?? [])))
        }
        masters = Array(all.prefix(3)) + (spare ? [all[all.count - 1]] : [])
        replicas = hasReplicas ? Array(all[3..<6]) : []
        busPorts = ports
        login = password.map { [["AUTH", $0]] } ?? []
        try await join(all)
    }

    private func join(_ all: [RedisServer]) async throws {
        let shares = [0...5460, 5461...10922, 10923...16383]
        for (number, server) in all.enumerated() {
            try await ask(server, ["CLUSTER", "SET-CONFIG-EPOCH", "\(number + 1)"])
            if number < 3 {
                let share = shares[number]
                try await ask(server, ["CLUSTER", "ADDSLOTSRANGE", "\(share.lowerBound)", "\(share.upperBound)"])
            }
            if number > 0 {
                try await ask(all[0], ["CLUSTER", "MEET", "127.0.0.1", "\(server.port)", "\(busPorts[number])"])
            }
        }
        for server in all {
            try await until("the cluster is one", within: .seconds(60)) {
                let info = try await info(server)
                return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:\(all.count)")
            }
        }
        for (number, replica) in replicas.enumerated() {
            let master = try await id(of: masters[number])
            try await until("a replica is taken", within: .seconds(60)) {
                try await self.ask(replica, ["CLUSTER", "REPLICATE", master]) == .status("OK")
            }
        }
        for replica in replicas {
            try await until("a replica is up to date", within: .seconds(60)) {
                try await ask(replica, ["INFO", "replication"]).text?.contains("master_link_status:up") == true
            }
        }
        // Every node has heard of the replicas, so that it may vote for one.
        for server in all where !replicas.isEmpty {
            try await until("the replicas are known", within: .seconds(60)) {
                let nodes = try await ask(server, ["CLUSTER", "NODES"]).text ?? ""
                return nodes.split(separator: "\n").count { $0.contains("slave") } == replicas.count
            }
        }
    }

    /// Sends one command to one node, behind the product's back.
    @discardableResult
    func ask(_ server: RedisServer, _ command: [String]) async throws -> RESPValue {
        let commands = (login + [command]).map { RedisCommand($0.map { .text($0) }) }
        let answers = try await RedisInquiry.ask(
            server.address, commands, with: RedisDialer(tls: nil), on: RedisServer.loop, within: .seconds(60)
        ).get()
        return answers[answers.count - 1]
    }

    func info(_ server: RedisServer) async throws -> String { try await ask(server, ["CLUSTER", "INFO"]).text ?? "" }

    func id(of server: RedisServer) async throws -> String { try await ask(server, ["CLUSTER", "MYID"]).text ?? "" }

    var options: RedisOptions { RedisOptions(server: .cluster([masters[0].address])) }

    /// The master that had a key's or channel's slot at the start.
    func firstOwner(of key: String) -> RedisServer {
        let slot = KeySlot.of(key)
        return masters[slot <= 5460 ? 0 : slot <= 10922 ? 1 : 2]
    }

    /// A name whose slot was the given master's at the start.
    func channel(of master: Int) -> String {
        var number = 0
        while firstOwner(of: "rq:bus:0:c\(number)").port != masters[master].port { number += 1 }
        return "c\(number)"
    }

    /// Gives a slot away: at first only its new keys, then the whole of it.
    func move(_ slot: Int, from: RedisServer, to: RedisServer, isDone: Bool) async throws {
        let (old, new) = (try await id(of: from), try await id(of: to))
        if isDone {
            for server in [to, from] + servers {
                _ = try await ask(server, ["CLUSTER", "SETSLOT", "\(slot)", "NODE", new])
            }
        } else {
            try await ask(to, ["CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", old])
            try await ask(from, ["CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", new])
        }
    }
}
