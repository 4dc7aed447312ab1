import HTTPTypes
import PluginAPI
import Testing

@testable import MetricsPlugin

@Suite("Who may read the metrics")
struct AccessTests {
    private static let token = "0123456789abcdef"

    private static let secret = SettingsNode(text: token, origin: .default)

    private func settings(
        _ node: SettingsNode, _ environment: HostEnvironment = .production
    ) throws -> MetricsSettings {
        try MetricsSettings(Settings(node, schema: MetricsSettings.schema), environment: environment)
    }

    private func status(
        _ access: PageAccess, _ authorization: [String] = [], from address: String = "192.0.2.1",
        host: String? = "127.0.0.1:3000", with other: HTTPFields = [:]
    ) -> Int {
        var headers = other
        for value in authorization { headers.append(HTTPField(name: .authorization, value: value)) }
        do {
            let request = HTTPRequest(
                method: .get, scheme: "http", authority: host, path: "/metrics", headerFields: headers)
            try access.check(request, from: address)
            return 200
        } catch {
            return error.status.code
        }
    }

    @Test("in production nobody may, unless something is said")
    func production() throws {
        let access = try settings([:]).access
        #expect(access.isClosed)
        #expect(status(access) == 403 && status(access, from: "127.0.0.1") == 403)
    }

    @Test("in development this machine may, until there is a token")
    func development() throws {
        let access = try settings([:], .development).access
        #expect(status(access) == 403)
        for address in ["127.0.0.1", "127.8.9.1", "::1"] { #expect(status(access, from: address) == 200) }
        #expect(status(try settings(["token": Self.secret], .development).access, from: "127.0.0.1") == 401)
        #expect(status(try settings(["loopback": false], .development).access, from: "::1") == 403)
    }

    @Test("the token lets in from everywhere, and nothing like it does")
    func token() throws {
        let access = try settings(["token": Self.secret]).access
        #expect(status(access, ["Bearer \(Self.token)"]) == 200)
        #expect(status(access, ["bearer  \(Self.token)"]) == 200)
        let wrong = [
            [], ["Bearer"], ["Bearer "], [Self.token], ["Basic \(Self.token)"], ["Bearer \(Self.token)x"],
            ["Bearer \(Self.token.dropLast())"], ["Bearer \(Self.token)", "Bearer \(Self.token)"],
        ]
        for headers in wrong { #expect(status(access, headers) == 401, "\(headers)") }
        #expect(status(access, from: "127.0.0.1") == 401)
        let both = try settings(["token": Self.secret, "loopback": true]).access
        #expect(status(both, from: "127.0.0.1") == 200 && status(both) == 401)
    }

    @Test("an empty token is none, and a short one is refused")
    func weak() throws {
        #expect(try settings(["token": ""]).access.isClosed)
        #expect(throws: SettingsError.self) { try settings(["token": "short"]) }
        #expect(MetricsSettings.schema["token"]?.isSecret == true)
    }

    @Test("what an unknown proxy on this machine passes on does not come from this machine")
    func proxied() {
        let access = PageAccess(token: nil, opensToLoopback: true)
        for host in ["localhost", "LocalHost:3000", "127.0.0.1", "127.8.9.1:80", "[::1]:3000", nil] {
            #expect(status(access, from: "127.0.0.1", host: host) == 200, "\(host ?? "none")")
        }
        for host in ["chat.example.com", "127.0.0.1.evil.net", "127.evil.net:80", "192.0.2.1", "[2001:db8::1]:80"] {
            #expect(status(access, from: "127.0.0.1", host: host) == 403, "\(host)")
        }
        for name in ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "x-forwarded-host"] {
            let fields = HTTPFields(
                [name].compactMap { HTTPField.Name($0) }.map { HTTPField(name: $0, value: "127.0.0.1") })
            #expect(fields.count == 1)
            #expect(status(access, from: "::1", with: fields) == 403, "\(name)")
        }
    }
}
