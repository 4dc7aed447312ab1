import Foundation
import PluginAPI
import Testing

@testable import HostCore

@Suite("TLS, HTTP/2 and wss", .timeLimit(.minutes(10)))
struct TLSTests {
    /// A certificate that `openssl` makes, in a folder of its own.
    final class Certificate {
        let folder: URL
        var certificate: String { folder.appending(path: "certificate.pem").path() }
        var key: String { folder.appending(path: "key.pem").path() }

        init(name: String = "first.test") throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(IDGenerator.uuidV4())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try renew(name: name)
        }

        func renew(name: String) throws {
            let made = try Tool.run(
                "openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key,
                    "-out", certificate,
                ])
            try #require(made.status == 0, "\(made.output)")
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        var configuration: ListenerConfiguration {
            var configuration = ListenerConfiguration()
            configuration.tls = ListenerTLS(certificate: certificate, privateKey: key)
            return configuration
        }
    }

    private func curl(_ certificate: Certificate, _ arguments: String...) throws -> String {
        let run = try Tool.run(
            "curl", ["-sS", "--max-time", "20", "--cacert", certificate.certificate] + arguments)
        try #require(run.status == 0, "\(run.output)")
        return run.output
    }

    @Test("HTTPS serves HTTP/1.1, with HSTS")
    func http1() async throws {
        let certificate = try Certificate()
        try await TestServer.run(certificate.configuration) { server in
            let text = try curl(certificate, "--http1.1", "-i", "https://127.0.0.1:\(server.port)/hello")
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(text.contains("Strict-Transport-Security: max-age="))
            #expect(text.hasSuffix("\r\n\r\nhello"))
        }
    }

    @Test("HTTP/2 is negotiated and serves the same routes")
    func http2() async throws {
        let certificate = try Certificate()
        var configuration = certificate.configuration
        configuration.maxBodyBytes = 5000
        try await TestServer.run(configuration) { server in
            let base = "https://127.0.0.1:\(server.port)"
            let text = try curl(certificate, "--http2", "-i", "\(base)/hello", "\(base)/pieces", "\(base)/nowhere")
            #expect(text.hasPrefix("HTTP/2 200"))
            #expect(text.contains("hello"))
            #expect(text.contains("one two three"))
            #expect(text.contains("HTTP/2 404"))
            #expect(text.contains("\"code\":\"NOT_FOUND\""))
            let body = String(repeating: "b", count: 5000)
            #expect(try curl(certificate, "--http2", "-d", body, "\(base)/echo") == body)
            let refused = try curl(certificate, "--http2", "-i", "-d", body + "b", "\(base)/echo")
            #expect(refused.contains("HTTP/2 413"))
            #expect(refused.contains("PAYLOAD_TOO_LARGE"))
            let head = try curl(certificate, "--http2", "-I", "\(base)/hello")
            #expect(head.hasPrefix("HTTP/2 200"))
            #expect(head.lowercased().contains("content-length: 5"))
            let large = try curl(certificate, "--http2", "-o", "/dev/null", "-w", "%{size_download}", "\(base)/large")
            #expect(large == "3000000")
        }
    }

    @Test("Websockets work over TLS, early bytes included")
    func wss() async throws {
        let certificate = try Certificate()
        try await TestServer.run(certificate.configuration) { server in
            let client = try Tool.start(
                "openssl", ["s_client", "-quiet", "-connect", "127.0.0.1:\(server.port)", "-alpn", "http/1.1"])
            defer { client.stop() }
            try client.send(UpgradeTests.request() + "early")
            let text = try client.read(until: "early")
            #expect(text.contains("101 Switching Protocols"))
            #expect(text.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            try client.send("later")
            _ = try client.read(until: "later")
            #expect(server.listener.webSocketCount == 1)
        }
    }

    @Test("Certificates can be read again while the listener runs; a bad one changes nothing")
    func reload() async throws {
        let certificate = try Certificate(name: "first.test")
        func shown(_ server: TestServer) throws -> String {
            try Tool.run("openssl", ["s_client", "-connect", "127.0.0.1:\(server.port)"], input: "").output
        }
        try await TestServer.run(certificate.configuration) { server in
            #expect(try shown(server).contains("first.test"))
            try certificate.renew(name: "second.test")
            #expect(try shown(server).contains("first.test"))
            try server.listener.renewedCertificate()?()
            #expect(try shown(server).contains("second.test"))
            try Data("nonsense".utf8).write(to: URL(filePath: certificate.certificate))
            #expect(throws: ListenerError.self) { try server.listener.renewedCertificate() }
            #expect(try shown(server).contains("second.test"))
        }
    }

    @Test("Draining ends HTTP/2 connections after their requests")
    func drain() async throws {
        let certificate = try Certificate()
        try await TestServer.run(certificate.configuration) { server in
            let client = try Tool.start(
                "curl",
                [
                    "-sS", "--http2", "--max-time", "20", "--cacert", certificate.certificate,
                    "https://127.0.0.1:\(server.port)/wait",
                ])
            defer { client.stop() }
            await server.gate.arrivals(1)
            await server.listener.stopAccepting()
            let drained = Task(executorPreference: server.beside) {
                await server.listener.drain(until: .now() + .seconds(15))
            }
            server.gate.open()
            _ = try client.read(until: "waited")
            await drained.value
            #expect(server.listener.connectionCount == 0)
        }
    }

    @Test("Files that cannot be used are refused with their name and the reason")
    func files() throws {
        let one = try Certificate()
        let two = try Certificate()
        func message(_ certificate: String, _ key: String) -> String {
            do throws(ListenerError) {
                _ = try ListenerCertificates(ListenerTLS(certificate: certificate, privateKey: key))
                return "no error"
            } catch {
                return error.description
            }
        }
        #expect(message("/nowhere.pem", one.key) == "the certificate /nowhere.pem does not exist")
        #expect(message(one.folder.path(), one.key).hasSuffix("is a directory"))
        #expect(message(one.certificate, one.certificate).hasSuffix("is not a private key in PEM form"))
        #expect(message(one.key, one.key).contains("certificate"))
        #expect(message(one.certificate, two.key).hasSuffix("cannot be used together"))
        #expect(message(one.certificate, one.key) == "no error")
    }
}
