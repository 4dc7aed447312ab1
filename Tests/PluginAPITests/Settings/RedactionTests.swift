import PluginAPI
import Testing

@Suite("Redaction")
struct RedactionTests {
    @Test("a secret prints as <redacted> however it is printed")
    func secret() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump([secret], to: &dumped)
        for shown in ["\(secret)", String(describing: secret), String(reflecting: secret), dumped, "\([secret])"] {
            #expect(!shown.contains("hunter2"))
        }
        #expect("\(secret)" == "<redacted>")
        #expect(secret.reveal() == "hunter2")
    }

    @Test(
        "names of secrets",
        arguments: ["jwt_secret", "PASSWORD", "db_password", "access-token", "master_api_key", "dsn", "sentry_dsn"])
    func secretNames(name: String) {
        #expect(Redaction.isSecret(name: name))
    }

    @Test("other names", arguments: ["key_cache_positive", "path", "client_key_login", "url", "dsnx"])
    func otherNames(name: String) {
        #expect(!Redaction.isSecret(name: name))
    }

    @Test(
        "passwords in URLs",
        arguments: [
            ("postgres://app:hunter2@db:5432/chat", "postgres://app:<redacted>@db:5432/chat"),
            ("redis://:hunter2@cache", "redis://:<redacted>@cache"),
            ("https://hunter2@sentry.example/1", "https://<redacted>@sentry.example/1"),
            ("postgres://app:hunter/2@db/chat", "postgres://app:<redacted>@db/chat"),
            ("postgres://app:hun@ter2@db/chat", "postgres://app:<redacted>@db/chat"),
            ("postgres://db/chat?user=a&password=hunter2&x=1", "postgres://db/chat?user=a&password=<redacted>&x=1"),
            ("postgres://app:hun,ter 2@db/chat", "postgres://app:<redacted>@db/chat"),
            ("redis://a:hunter2@b,redis://c:hunter2@d", "redis://a:<redacted>@d"),
            ("host=db user=a password=hunter2 port=1", "host=db user=a password=<redacted> port=1"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("someone@example.com", "someone@example.com"),
        ])
    func urls(text: String, shown: String) {
        #expect(Redaction.redact(urlsIn: text) == shown)
    }

    @Test(
        "the nearest name counts swapped neighbours as one slip",
        arguments: [("prot", "port"), ("PORT", "port"), ("tiemout", "timeout"), ("hsot", "host")])
    func nearest(typed: String, meant: String) {
        #expect(NearestName.find(typed, in: ["host", "port", "timeout"]) == meant)
    }

    @Test("a name that shares nothing has no nearest", arguments: ["", "abcd", "certificates", "x"])
    func farAway(typed: String) {
        #expect(NearestName.find(typed, in: ["host", "port", "timeout"]) == nil)
        #expect(NearestName.hint(for: typed, in: ["host"]).isEmpty)
    }
}
