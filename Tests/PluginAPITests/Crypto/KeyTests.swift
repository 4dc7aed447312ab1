import PluginAPI
import Testing

@Suite("Keys and randomness")
struct KeyTests {
    @Test("A key is 43 characters of base64url, and never the same one")
    func apiKeys() {
        let keys = (0..<1_000).map { _ in APIKey.generate() }
        #expect(Set(keys).count == keys.count)
        #expect(keys.allSatisfy { $0.utf8.count == 43 && Base64URL.decode($0)?.count == 32 })
    }

    @Test("A stored hash is the salt's text, a colon and the digest of salt text and key")
    func storedForm() throws {
        let hash = SaltedKeyHash(key: "key", salt: [UInt8](0..<16))
        let salt = "000102030405060708090a0b0c0d0e0f"
        #expect(hash.description == "\(salt):\(Hex.encode(Digest.sha256("\(salt)key".utf8)))")
        #expect(try #require(SaltedKeyHash(stored: hash.description)) == hash)
        #expect(hash.matches(key: "key"))
    }

    @Test("Only the right key matches, and every salt is new")
    func matching() {
        let key = APIKey.generate()
        let hash = SaltedKeyHash.make(key: key)
        #expect(hash.matches(key: key))
        #expect(!hash.matches(key: key + "x") && !hash.matches(key: "") && !hash.matches(key: String(key.dropLast())))
        #expect(SaltedKeyHash.make(key: key) != hash)
    }

    @Test("A salt stored in upper case still hashes as it was written")
    func upperCaseSalt() throws {
        let salt = "ABCDEF0123456789ABCDEF0123456789"
        let stored = "\(salt):\(Hex.encode(Digest.sha256("\(salt)key".utf8)).uppercased())"
        #expect(try #require(SaltedKeyHash(stored: stored)).matches(key: "key"))
    }

    @Test(
        "Malformed stored hashes are refused",
        arguments: [
            "", ":", "a:b", String(repeating: "0", count: 97), String(repeating: "0", count: 32) + ":",
            String(repeating: "0", count: 30) + ":" + String(repeating: "0", count: 64),
            String(repeating: "0", count: 32) + ":" + String(repeating: "0", count: 62),
            String(repeating: "g", count: 32) + ":" + String(repeating: "0", count: 64),
            String(repeating: "0", count: 32) + ":" + String(repeating: "0", count: 64) + ":",
        ])
    func malformed(stored: String) {
        #expect(SaltedKeyHash(stored: stored) == nil)
    }

    @Test("Random bytes come in the number asked for and do not repeat", arguments: [1, 16, 127, 128, 129, 1000, 5000])
    func randomBytes(count: Int) {
        let first = SecureRandom.bytes(count)
        #expect(first.count == count)
        if count >= 16 { #expect(first != SecureRandom.bytes(count)) }
        if count >= 1_000 { #expect(Set(first).count > 200) }
    }

    @Test("No count asks for no bytes", arguments: [0, -1])
    func noBytes(count: Int) {
        #expect(SecureRandom.bytes(count).isEmpty)
    }

    @Test("Threads share the pool without sharing bytes")
    func concurrentUse() async {
        let numbers = await withTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let random = SecureRandom()
                    return (0..<2_000).map { _ in random.next() }
                }
            }
            return await group.reduce(into: [UInt64]()) { $0 += $1 }
        }
        #expect(numbers.count == 16_000)
        #expect(Set(numbers).count == 16_000)
    }
}
