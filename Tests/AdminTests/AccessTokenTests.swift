import PluginAPI
import Testing

@testable import AdminPlugin

@Suite("Access tokens")
struct AccessTokenTests {
    private func refusal(_ token: String, at now: Timestamp = TokenMaker.now) -> AdminRefusal? {
        do {
            _ = try AccessTokenVerifier(secret: Secret(TokenMaker.secret)).principal(of: token, at: now)
            return nil
        } catch {
            return error
        }
    }

    @Test("a good token says who its bearer is")
    func good() throws {
        let verifier = AccessTokenVerifier(secret: Secret(TokenMaker.secret))
        let principal = try verifier.principal(of: TokenMaker.token(), at: TokenMaker.now)
        #expect(principal.app == "app-1")
        #expect(principal.userID == "user-1")
        #expect(principal.email == "a@b.co")
        #expect(principal.role == "AGENT")
        #expect(principal.permissions == Role.agent.permissions)
        #expect(principal.expiresAt == Timestamp(milliseconds: 1_769_682_657_000))
    }

    @Test("a token that OpenSSL's own tool signed is accepted")
    func vector() throws {
        let claims =
            "eyJ1c2VySWQiOiJ1IiwiYXBwSWQiOiJhIiwicm9sZSI6Ik9XTkVSIiwiZW1haWwiOiJvQGIuY28iLCJpYXQiOjE3N"
            + "jk2ODE3NTcsImV4cCI6NDEwMjQ0NDgwMCwiYXVkIjoicmVwbHlocS1hZG1pbiIsImlzcyI6InJlcGx5aHEtYXBpIn0"
        let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\(claims).dE46hAf6nNOdcqJdX7ca83U1xyjkNHZVYjAWHFwHKxQ"
        let principal = try AccessTokenVerifier(secret: Secret(TokenMaker.secret)).principal(
            of: token, at: TokenMaker.now)
        #expect(principal.app == "a")
        #expect(principal.permissions == Permission.all)
    }

    @Test("a token that another secret signed, or that was altered, is refused")
    func signature() {
        #expect(refusal(TokenMaker.token(secret: "another secret")) == .invalid)
        let parts = TokenMaker.token().split(separator: ".")
        let other = TokenMaker.token(TokenMaker.claims(with: "role", "OWNER")).split(separator: ".")
        #expect(refusal("\(parts[0]).\(other[1]).\(parts[2])") == .invalid)
        #expect(refusal("\(parts[0]).\(parts[1]).") == .invalid)
        #expect(refusal("\(parts[0]).\(parts[1])") == .invalid)
    }

    @Test("the algorithm is HS256 and nothing else", arguments: ["none", "HS384", "RS256", "hs256", ""])
    func algorithm(name: String) {
        #expect(refusal(TokenMaker.token(header: ["alg": .string(name)])) == .invalid)
    }

    @Test("critical extensions are not understood, and so refused")
    func critical() {
        #expect(refusal(TokenMaker.token(header: ["alg": "HS256", "crit": ["b64"]])) == .invalid)
    }

    @Test(
        "claims that are missing or wrong are refused",
        arguments: [
            ("iss", nil), ("iss", "other"), ("aud", nil), ("aud", "other"), ("aud", ["other"]), ("appId", nil),
            ("appId", ""), ("appId", 1), ("userId", nil), ("role", nil), ("exp", nil), ("exp", "soon"),
            ("exp", 1e300), ("nbf", 9_999_999_999), ("nbf", "x"),
        ] as [(String, JSONValue?)])
    func claims(name: String, value: JSONValue?) {
        #expect(refusal(TokenMaker.token(TokenMaker.claims(with: name, value))) == .invalid)
    }

    @Test("a token ends at its expiry, also when it was seen before")
    func expiry() throws {
        let token = TokenMaker.token(TokenMaker.claims(expiresIn: 10))
        let end = Timestamp(milliseconds: TokenMaker.now.milliseconds / 1_000 * 1_000 + 10_000)
        #expect(refusal(token, at: end.adding(milliseconds: -1)) == nil)
        #expect(refusal(token, at: end) == .expired)
        let verifier = AccessTokenVerifier(secret: Secret(TokenMaker.secret))
        _ = try verifier.principal(of: token, at: TokenMaker.now)
        #expect(verifier.count == 1)
        #expect(throws: AdminRefusal.expired) { try verifier.principal(of: token, at: end) }
        #expect(verifier.count == 0)
    }

    @Test("no more tokens are remembered than there is room for")
    func bound() throws {
        let verifier = AccessTokenVerifier(secret: Secret(TokenMaker.secret), capacity: 8)
        for number in 0..<100 {
            let claims = TokenMaker.claims(with: "userId", .string("user-\(number)"))
            #expect(try verifier.principal(of: TokenMaker.token(claims), at: TokenMaker.now).userID == "user-\(number)")
            #expect(verifier.count <= 8)
        }
    }

    @Test("any text is answered", arguments: ["", ".", "..", "...", "a.b.c", "e30.e30.e30", "é.é.é"])
    func nonsense(text: String) {
        #expect(refusal(text) == .invalid)
    }

    @Test("a text with two dots is meant as a token")
    func meant() {
        #expect(AccessToken.isMeant(by: TokenMaker.token()))
        #expect(!AccessToken.isMeant(by: APIKey.generate()))
    }
}
