import Foundation
import Glibc
import PluginAPI

/// An authority of the tests' own with a certificate for `localhost` and one for a client, and an authority that
/// signed neither. Gone when the last holder lets go.
final class TestCertificates: Sendable {
    let folder: String
    var authority: String { folder + "/ca.crt" }
    var otherAuthority: String { folder + "/other.crt" }
    var clientCertificate: String { folder + "/client.crt" }
    var clientKey: String { folder + "/client.key" }

    init() async throws {
        folder = "/tmp/replyhq-tls-\(IDGenerator.uuidV4())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        for name in ["ca", "other"] {
            try await openssl(["req", "-x509", "-days", "2", "-subj", "/CN=\(name)"] + key(name) + out(name))
        }
        try await sign("server", subject: "/CN=localhost", ["subjectAltName=DNS:localhost"])
        try await sign("client", subject: "/CN=postgres", [])
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Lets a cluster speak TLS, and only with clients that have a certificate; a session in the clear is for the
    /// socket in its folder.
    func install(in cluster: PostgresCluster) async throws {
        for name in ["server.key", "server.crt", "ca.crt"] {
            let path = cluster.data + "/" + name
            try FileManager.default.copyItem(atPath: folder + "/" + name, toPath: path)
            if let user = ServerPrograms.user { chown(path, user.uid, user.gid) }
            chmod(path, 0o600)
        }
        try cluster.configure(["ssl": "on", "ssl_ca_file": "ca.crt"])
        let rules = """
            local all all trust
            host postgres all 127.0.0.1/32 trust
            hostssl all all 127.0.0.1/32 trust clientcert=verify-full

            """
        try rules.write(toFile: cluster.data + "/pg_hba.conf", atomically: false, encoding: .utf8)
        try await cluster.stop()
        try await cluster.launch()
    }

    private func sign(_ name: String, subject: String, _ extensions: [String]) async throws {
        try extensions.joined(separator: "\n").write(toFile: folder + "/ext", atomically: true, encoding: .utf8)
        try await openssl(["req", "-subj", subject] + key(name) + ["-out", "\(folder)/\(name).csr"])
        try await openssl(
            [
                "x509", "-req", "-days", "2", "-in", "\(folder)/\(name).csr", "-CAcreateserial", "-extfile",
                folder + "/ext",
            ]
                + ["-CA", authority, "-CAkey", folder + "/ca.key"] + out(name))
        chmod("\(folder)/\(name).key", 0o600)
    }

    private func key(_ name: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "\(folder)/\(name).key"]
    }

    private func out(_ name: String) -> [String] { ["-out", "\(folder)/\(name).crt"] }

    private func openssl(_ arguments: [String]) async throws {
        try await Program.run(["openssl"] + arguments, log: folder + "/openssl.log")
    }
}
