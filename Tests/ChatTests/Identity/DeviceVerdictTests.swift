import PluginAPI
import Testing

@testable import ChatPlugin

@Suite("Whether a device is the one it names")
struct DeviceVerdictTests {
    private static let secret = "0123456789abcdef"
    private static let hash = SaltedKeyHash.make(key: secret).description
    private static let policy = IdentityPolicy(secret: Secret("shop"), isRequired: true)
    private static let token = policy.token(for: "ada")

    private func verdict(
        _ secret: String?, token: String? = nil, user: UserID? = nil, hash: String? = nil, isRequired: Bool = true
    ) -> DeviceVerdict {
        let device = DeviceIdentity(app: "app", device: "phone")
        let claim = ClientClaim(device: device, key: "k", deviceSecret: secret, userToken: token)
        let policy = IdentityPolicy(secret: Self.policy.secret, isRequired: isRequired)
        return .of(claim, policy, DeviceProof(userID: user, secretHash: hash))
    }

    @Test("the first secret of a device becomes its own; from then on it alone opens")
    func firstUse() {
        #expect(verdict(Self.secret) == .claim)
        #expect(verdict(Self.secret, hash: Self.hash) == .pass)
        #expect(verdict("fedcba9876543210", hash: Self.hash) == .refuse(.invalidDeviceSecret))
        #expect(verdict(Self.secret, hash: "unreadable") == .refuse(.invalidDeviceSecret))
    }

    @Test("a missing secret passes only where proofs are optional and the device has none")
    func missing() {
        #expect(verdict(nil) == .refuse(.invalidDeviceSecret))
        #expect(verdict(nil, isRequired: false) == .pass)
        #expect(verdict(nil, hash: Self.hash, isRequired: false) == .refuse(.invalidDeviceSecret))
    }

    @Test("a device that has a user is not taken over without that user's token")
    func takeOver() {
        #expect(verdict(Self.secret, user: "ada") == .refuse(.invalidUserToken))
        #expect(verdict(Self.secret, token: Self.policy.token(for: "eve"), user: "ada") == .refuse(.invalidUserToken))
        #expect(verdict(Self.secret, token: Self.token, user: "ada") == .claim)
        #expect(verdict(Self.secret, user: "ada", isRequired: false) == .pass)
        // Once it is the device's own, the secret is enough.
        #expect(verdict(Self.secret, user: "ada", hash: Self.hash) == .pass)
    }

    @Test("secrets have 16 to 255 bytes", arguments: [(15, false), (16, true), (255, true), (256, false)])
    func length(count: Int, isAccepted: Bool) {
        let secret = String(repeating: "s", count: count)
        #expect(verdict(secret) == (isAccepted ? .claim : .refuse(.invalidDeviceSecret)))
    }

    @Test("a user's token is the HMAC-SHA-256 of the id in hexadecimal digits, of either case")
    func token() {
        // RFC 4231, test case 2.
        let policy = IdentityPolicy(secret: Secret("Jefe"), isRequired: true)
        let token = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        let user: UserID = "what do ya want for nothing?"
        #expect(policy.token(for: user) == token)
        #expect(policy.accepts(token: token, for: user) && policy.accepts(token: token.uppercased(), for: user))
        for wrong in [nil, "", "x", String(token.dropLast(2)), token + "00", Self.token] {
            #expect(!policy.accepts(token: wrong, for: user))
        }
    }

    @Test("a policy is read back from an app's settings, and a broken one is an error")
    func settings() throws {
        let settings: JSONObject = ["identity": Self.policy.settings, "other": 1]
        #expect(try IdentityPolicy(settings: settings) == Self.policy)
        #expect(try IdentityPolicy(settings: ["other": 1]) == nil)
        #expect(try IdentityPolicy(settings: ["identity": .null]) == nil)
        for broken: JSONValue in [true, ["required": true], ["secret": "s"], ["required": true, "secret": ""]] {
            #expect(throws: ChatError.self) { try IdentityPolicy(settings: ["identity": broken]) }
        }
    }
}
