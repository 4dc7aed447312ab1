import PluginAPI
import Testing

@testable import ChatPlugin

@Suite("Key verdict")
struct KeyVerdictTests {
    private let now = Timestamp(milliseconds: 1_000_000)

    private func credentials(previousEndsIn: Duration?) -> AppCredentials {
        AppCredentials(
            app: "a", keyHash: SaltedKeyHash.make(key: "new").description,
            previousKeyHash: SaltedKeyHash.make(key: "old").description,
            previousKeyExpiresAt: previousEndsIn.map { now + $0 })
    }

    @Test("the current key is accepted, a wrong key and an unknown app look alike")
    func current() {
        let credentials = credentials(previousEndsIn: nil)
        #expect(KeyVerdict.of("new", against: credentials, at: now) == KeyVerdict(isAccepted: true, validity: nil))
        #expect(KeyVerdict.of("wrong", against: credentials, at: now) == .refused)
        #expect(KeyVerdict.of("", against: credentials, at: now) == .refused)
        #expect(KeyVerdict.of("new", against: nil, at: now) == .refused)
    }

    @Test("the previous key is accepted until its end, and known to be so no longer than that")
    func previous() {
        let accepted = KeyVerdict.of("old", against: credentials(previousEndsIn: .seconds(5)), at: now)
        #expect(accepted == KeyVerdict(isAccepted: true, validity: .seconds(5)))
        #expect(KeyVerdict.of("old", against: credentials(previousEndsIn: .zero), at: now) == .refused)
        #expect(KeyVerdict.of("old", against: credentials(previousEndsIn: nil), at: now) == .refused)
    }

    @Test("a stored text that is no hash refuses every key")
    func malformed() {
        let credentials = AppCredentials(
            app: "a", keyHash: "rubbish", previousKeyHash: "too", previousKeyExpiresAt: now + .seconds(9))
        #expect(KeyVerdict.of("rubbish", against: credentials, at: now) == .refused)
    }
}
