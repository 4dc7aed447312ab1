import PluginAPI
import Testing

@testable import HostCore

@Suite("Host configuration")
struct HostConfigurationTests {
    @Test("nothing stated is a safe production server")
    func defaults() throws {
        let host = try load("").host
        #expect(host.environment == .production)
        #expect(host.topology == .single)
        #expect(host.server.host == "0.0.0.0")
        #expect(host.server.port == 3000)
        #expect(host.server.eventLoops == 0)
        #expect(host.server.idleTimeout == .seconds(75))
        #expect(host.server.requestTimeout == .seconds(30))
        #expect(host.server.maxHeaderBytes == 16_384)
        #expect(host.server.maxBodyBytes == 102_400)
        #expect(host.server.trustedProxies.isEmpty)
        #expect(host.server.corsOrigins == .only(["http://localhost:3000", "http://localhost:5173"]))
        #expect(host.server.tls == nil)
        #expect(host.log.level == .info)
        #expect(host.log.format == .auto)
        #expect(host.shutdown.deadline == .seconds(30))
        #expect(host.shutdown.reconnect == .seconds(1) ... .seconds(10))
        #expect(host.plugins.isEmpty)
    }

    @Test("a plugin's name comes from its file, it is enabled and required unless it says otherwise")
    func plugins() throws {
        let host = try load(
            "plugins:\n- path: /opt/x/libThing.so\n- {name: B, required: false}\n- {name: C, enabled: no}\n"
        ).host
        #expect(host.plugins.map(\.name) == ["Thing", "B", "C"])
        #expect(host.plugins.map(\.isEnabled) == [true, true, false])
        #expect(host.plugins.map(\.isRequired) == [true, false, true])
        #expect(host.plugins[0].path == "/opt/x/libThing.so")
        #expect(host.plugins[1].origin.description == "test.yaml:3:3")
    }

    @Test("TLS needs both files, and is off when it is not there")
    func tls() throws {
        let tls = try load("server: {tls: {certificate: a.pem, private_key: b.pem, min_version: 1.3}}").host.server.tls
        #expect(tls?.minVersion == .tls13)
        let missing = "required, but not set (text: The PEM file of the private key.)"
        #expect(
            failures("server:\n  tls:\n    certificate: a.pem\n").first
                == "test.yaml:3:5 server.tls.private_key: \(missing)")
    }

    @Test(
        "each mistake is one line with its place",
        arguments: [
            ("server:\n  prot: 1\n", "test.yaml:2:3 server.prot: unknown key; did you mean \"port\"?"),
            ("servr: {}\n", "test.yaml:1:1 servr: unknown key; did you mean \"server\"?"),
            ("server: {port: 70000}", "test.yaml:1:16 server.port: expected integer from 0 to 65535, got \"70000\""),
            ("server: [1]", "test.yaml:1:9 server: expected a mapping, got a list"),
            ("topology: mesh", "test.yaml:1:11 topology: expected one of single, redis, postgres, got \"mesh\""),
            (
                "server:\n  trusted_proxies: [10.0.0.0/8, 10.0.0]\n",
                "test.yaml:2:33 server.trusted_proxies[1]: expected an address or range such as 10.0.0.0/8, "
                    + "got \"10.0.0\""
            ),
            (
                "server: {cors_origins: [chat.example.com]}",
                "test.yaml:1:25 server.cors_origins[0]: expected an origin such as https://chat.example.com "
                    + "or https://*.example.com, got \"chat.example.com\""
            ),
            (
                "shutdown: {min_reconnect: 20s}",
                "test.yaml:1:27 shutdown.min_reconnect: min_reconnect is longer than max_reconnect"
            ),
            ("plugins: {A: {}}", "test.yaml:1:10 plugins: expected a list, got a mapping"),
            ("plugins: [A]", "test.yaml:1:11 plugins[0]: expected a mapping, got \"A\""),
            ("plugins: [{enabled: true}]", "test.yaml:1:11 plugins[0]: a plugin needs a name or a path"),
            (
                "plugins:\n- name: A\n- name: a\n",
                "test.yaml:3:3 plugins[1]: plugin \"a\" is listed twice; first at test.yaml:2:3"
            ),
        ])
    func mistakes(text: String, message: String) {
        #expect(failures(text).first == message)
    }

    @Test("all mistakes of one load are reported together, in the order of the file, the environment's last")
    func together() {
        let found = failures(
            "log: {level: loud}\nserver:\n  port: x\n  host: ${NONE}\n  tsl: {}\n",
            ["REPLYHQ_SERVER__BACKLOG": "0", "REPLYHQ_SERVR__PORT": "1"])
        #expect(
            found.map { $0.prefix { $0 != " " } } == [
                "test.yaml:1:14", "test.yaml:3:9", "test.yaml:4:9", "test.yaml:5:3", "environment", "environment",
            ])
    }

    @Test("mistakes in different groups do not hide each other")
    func independent() {
        let found = failures("server: {port: x}\nshutdown: {min_reconnect: 20s}\nplugins: [{enabled: true}]\n")
        #expect(found.map { $0.prefix { $0 != " " } } == ["test.yaml:1:16", "test.yaml:2:27", "test.yaml:3:11"])
    }

    @Test("plugin settings are judged once the plugin says what it understands")
    func pluginSettings() throws {
        let schema: SettingsSchema = [
            .integer("pool", default: 2, in: 1...9, "Connections."), .string("url", required: true, "Where."),
        ]
        let loaded = try load(
            "plugins:\n- name: A\n  settings:\n    pol: 3\n- name: B\n  settings: {url: x}\n- name: C\n")
        #expect(
            try loaded.plugin("A").validate(schema).map(\.description) == [
                "test.yaml:4:5 plugins[0].settings.pol: unknown key; did you mean \"pool\"?",
                "test.yaml:4:5 plugins[0].settings.url: required, but not set (text: Where.)",
            ])
        #expect(throws: ConfigurationErrors.self) { try loaded.plugin("A").resolve(schema) }
        #expect(try loaded.plugin("B").resolve(schema).int("pool") == 2)
        #expect(try loaded.plugin("C").validate(schema).map(\.mark?.line) == [7])
    }

    @Test(
        "address ranges",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("192.168.4.0/22", "192.168.7.255", true), ("192.168.4.0/22", "192.168.8.0", false),
            ("0.0.0.0/0", "8.8.8.8", true), ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false),
            ("fd00::/8", "fd12::1", true), ("fd00::/8", "fe80::1", false), ("::1", "::1", true),
            ("::/0", "10.0.0.1", false),
            ("10.0.0.0/8", "nonsense", false),
        ])
    func ranges(range: String, address: String, isInside: Bool) throws {
        #expect(try #require(AddressRange(range)).contains(address) == isInside)
    }

    @Test(
        "texts that are no range",
        arguments: ["", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "::/129", "10.0.0.0/-1", "/8", "10.0.0.0/+8"])
    func notRanges(text: String) {
        #expect(AddressRange(text) == nil)
    }
}
