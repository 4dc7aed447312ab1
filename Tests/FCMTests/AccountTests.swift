import FoundationEssentials
import Glibc
import PluginAPI
import Testing

@testable import FCMPlugin

/// A key that was made for these tests alone.
enum TestKey {
    static func make(_ arguments: [String] = ["genrsa", "-traditional", "2048"]) throws -> String {
        try run("openssl", arguments)
    }

    /// The output of a program.
    static func run(_ program: String, _ arguments: [String]) throws -> String {
        let path = "/tmp/fcm-test-\(IDGenerator.uuidV4())"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let words = ([program] + arguments).map { "'\($0)'" }.joined(separator: " ")
        guard system("\(words) > \(path) 2> /dev/null") == 0, let data = FileManager.default.contents(atPath: path)
        else {
            throw ServiceAccount.Problem("\(program) failed")
        }
        return String(decoding: data, as: UTF8.self)
    }
}

@Suite("FCM: service accounts")
struct AccountTests {
    private static func json(_ changes: JSONObject = [:], key: String) -> String {
        var object: JSONObject = [
            "type": "service_account", "project_id": "shop-1", "client_email": "push@shop-1.iam.gserviceaccount.com",
            "private_key_id": "k1", "private_key": .string(key), "token_uri": "https://oauth2.googleapis.com/token",
        ]
        for (name, value) in changes { object[name] = value.isNull ? nil : value }
        return object.description
    }

    @Test("text and the path of a file are read alike, PKCS#1 and PKCS#8, also with escaped line ends")
    func reading() throws {
        let path = "/tmp/fcm-account-\(IDGenerator.uuidV4()).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        for arguments in [["genrsa", "-traditional", "2048"], ["genrsa", "2048"]] {
            let key = try TestKey.make(arguments)
            let text = Self.json(key: key)
            #expect(try ServiceAccount(Secret(text)).projectID == "shop-1")
            #expect(try ServiceAccount(Secret("\n " + text)).keyID == "k1")
            let escaped = Self.json(key: key.replacing("\n", with: "\\n"))
            #expect(try ServiceAccount(Secret(escaped)).clientEmail.hasPrefix("push@"))
            #expect(FileManager.default.createFile(atPath: path, contents: Data(text.utf8)))
            #expect(try ServiceAccount(Secret(path)).tokenURI == "https://oauth2.googleapis.com/token")
            let plain = try ServiceAccount(Secret(Self.json(["token_uri": .null, "private_key_id": .null], key: key)))
            #expect(plain.tokenURI == "https://oauth2.googleapis.com/token" && plain.keyID == nil)
        }
    }

    @Test("what is wrong is one sentence that tells nothing of the key")
    func broken() throws {
        let key = try TestKey.make()
        let short = try TestKey.make(["genrsa", "-traditional", "1024"])
        let elliptic = try TestKey.make(["ecparam", "-name", "prime256v1", "-genkey", "-noout"])
        let locked = try TestKey.make(["genrsa", "-aes128", "-passout", "pass:x", "2048"])
        let texts: [(String, String)] = [
            ("", "neither JSON nor a file"), ("/nowhere/at/all.json", "/nowhere/at/all.json"),
            ("{", "not the JSON object"), ("{}", "has no project_id"),
            (Self.json(["type": "authorized_user"], key: key), "not a service_account"),
            (Self.json(["project_id": "a/b?c"], key: key), "no project id"),
            (Self.json(["client_email": .null], key: key), "has no client_email"),
            (Self.json(["token_uri": "http://example.org"], key: key), "https"),
            (Self.json(["private_key": .null], key: key), "not PEM"),
            (Self.json(key: String(key.dropLast(200))), "not PEM"), (Self.json(key: short), "1024 bits"),
            (Self.json(key: elliptic), "no RSA key"), (Self.json(key: locked), "not PEM"),
        ]
        for (text, part) in texts {
            do {
                _ = try ServiceAccount(Secret(text))
                Issue.record("read: \(part)")
            } catch {
                #expect(error.description.contains(part), "\(error)")
                #expect(!error.description.contains("MII"))
            }
        }
    }

    @Test("the signature is one that OpenSSL verifies, over the claims that Google asks for")
    func signature() throws {
        let key = try TestKey.make()
        let account = try ServiceAccount(Secret(Self.json(key: key)))
        let now = Timestamp(milliseconds: 1_769_681_757_120)
        let assertion = try TokenRequest(account: account).assertion(at: now)
        let parts = assertion.split(separator: ".").map(String.init)
        #expect(parts.count == 3)
        let header = try JSONValue(parsing: try #require(Base64URL.decode(parts[0])))
        #expect(header == ["alg": "RS256", "typ": "JWT", "kid": "k1"])
        let claims = try JSONValue(parsing: try #require(Base64URL.decode(parts[1])))
        #expect(
            claims == [
                "iss": "push@shop-1.iam.gserviceaccount.com",
                "scope": "https://www.googleapis.com/auth/firebase.messaging",
                "aud": "https://oauth2.googleapis.com/token", "iat": 1_769_681_757, "exp": 1_769_685_357,
            ])
        let folder = "/tmp/fcm-signature-\(IDGenerator.uuidV4())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let signature = try #require(Base64URL.decode(parts[2]))
        for (name, bytes) in [
            ("text", Array("\(parts[0]).\(parts[1])".utf8)), ("sig", signature), ("key", Array(key.utf8)),
        ] {
            #expect(FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: Data(bytes)))
        }
        let verified = try TestKey.run(
            "openssl",
            ["dgst", "-sha256", "-prverify", "\(folder)/key", "-signature", "\(folder)/sig", "\(folder)/text"])
        #expect(verified.contains("Verified OK"))
        let body = String(decoding: try TokenRequest(account: account).body(at: now), as: UTF8.self)
        #expect(body.hasPrefix("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=ey"))
    }

    @Test("an app's own account that cannot be used does not send its pushes to another project")
    func plan() throws {
        let key = try TestKey.make()
        var configuration = FCMConfiguration()
        configuration.account = Secret(Self.json(key: key))
        configuration.projects = [
            .init(apps: ["a", "b"], account: Secret(Self.json(["project_id": "own"], key: key))),
            .init(apps: ["c"], account: Secret("{}")),
        ]
        let plan = ProjectPlan(configuration)
        #expect(plan.accounts.map(\.projectID) == ["shop-1", "own"] && plan.problems.count == 1)
        let provider = FCMProvider(
            inbox: CourierInbox(), projects: plan.byApp, usual: plan.usual, urls: [], clock: SystemClock())
        #expect(provider.obstacle(for: "a") == nil && provider.obstacle(for: "other") == nil)
        #expect(provider.obstacle(for: "c") != nil)
    }
}
