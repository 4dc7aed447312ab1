import Foundation

/// An authority with a certificate for `localhost` and one for a client, and an authority that signed neither.
final class TestCertificates: Sendable {
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        for name in ["ca", "other"] {
            try openssl(
                ["req", "-x509", "-days", "2", "-subj", "/CN=\(name)", "-out", path("\(name).crt")] + key(name))
        }
        try "subjectAltName=DNS:localhost".write(toFile: path("ext"), atomically: true, encoding: .utf8)
        for name in ["server", "client"] {
            try openssl(["req", "-subj", "/CN=\(name)", "-out", path("\(name).csr")] + key(name))
            try openssl([
                "x509", "-req", "-days", "2", "-in", path("\(name).csr"), "-CA", path("ca.crt"), "-CAkey",
                path("ca.key"), "-CAcreateserial", "-extfile", path("ext"), "-out", path("\(name).crt"),
            ])
        }
    }

    func path(_ name: String) -> String { folder.path + "/" + name }

    private func key(_ name: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path("\(name).key")]
    }

    private func openssl(_ words: [String]) throws { try TestProgram.run(["openssl"] + words) }
}
