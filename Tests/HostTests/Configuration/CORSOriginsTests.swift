import Testing

@testable import HostCore

@Suite("Origins that browsers may call from")
struct CORSOriginsTests {
    private func allows(_ listed: [String], _ origin: String) -> Bool {
        CORSOrigins(listed.compactMap(CORSOrigins.origin)).contains(origin)
    }

    @Test("A star stands for every name under a domain, and for nothing else")
    func wildcard() {
        let listed = ["https://*.example.com"]
        for origin in ["https://a.example.com", "https://a.b.example.com", "HTTPS://Chat.Example.com"] {
            #expect(allows(listed, origin), "\(origin)")
        }
        for origin in [
            "https://example.com", "http://a.example.com", "https://a.example.com:8443", "https://aexample.com",
            "https://a.example.com.evil.net", "https://evil.net/.example.com", "https://evil.net#.example.com",
            "https://evil.net@a.example.com", "https://.example.com", "https://a..example.com",
            "https://evil.net:1.example.com", "https://*.example.com", "null", "",
        ] {
            #expect(!allows(listed, origin), "\(origin)")
        }
        #expect(allows(["https://*.example.com:8443"], "https://a.example.com:8443"))
        #expect(!allows(["https://*.example.com:8443"], "https://a.example.com"))
    }

    @Test(
        "A star anywhere else, or for a whole top-level domain, is refused",
        arguments: [
            "https://*", "https://*.com", "https://a.*.example.com", "https://*a.example.com", "https://a*.example.com",
            "https://*.*.example.com", "*.example.com", "https://*..com", "https://*.", "*://a.example.com", "**",
        ])
    func refused(_ text: String) {
        #expect(CORSOrigins.origin(text) == nil)
    }

    @Test("Any origin is told so without credentials; a listed one has them")
    func credentials() {
        #expect(CORSPolicy(origins: .any).verdict(origin: "https://evil.example", host: "a", path: "/") == .open)
        #expect(!CORSFields.open.contains { $0.name == .accessControlAllowCredentials })
        #expect(CORSFields.open.first?.value == "*")
        let listed = CORSPolicy(origins: CORSOrigins(["https://a.example"]))
        #expect(
            listed.verdict(origin: "https://a.example", host: "b", path: "/") == .allowed(origin: "https://a.example"))
    }
}
