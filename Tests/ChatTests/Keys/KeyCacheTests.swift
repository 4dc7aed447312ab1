import PluginAPI
import Testing

@testable import ChatPlugin

@Suite("Key cache")
struct KeyCacheTests {
    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }

    @Test("an entry counts until its end, exclusive")
    func expiry() throws {
        var cache = KeyCache(capacity: 10)
        let digest = try #require(KeyDigest(app: "a", key: "k"))
        #expect(cache.verdict(on: digest, at: at(0)) == nil)
        cache.remember(true, digest, of: "a", until: at(60))
        #expect(cache.verdict(on: digest, at: at(59)) == true)
        #expect(cache.verdict(on: digest, at: at(60)) == nil)
    }

    @Test("a later verdict replaces an earlier one")
    func replacement() throws {
        var cache = KeyCache(capacity: 10)
        let digest = try #require(KeyDigest(app: "a", key: "k"))
        cache.remember(true, digest, of: "a", until: at(60))
        cache.remember(false, digest, of: "a", until: at(10))
        #expect(cache.verdict(on: digest, at: at(1)) == false)
        #expect(cache.count == 1)
    }

    @Test("beyond the bound the oldest goes, and guessing does not push out accepted keys")
    func bound() throws {
        var cache = KeyCache(capacity: 3)
        let good = try #require(KeyDigest(app: "a", key: "good"))
        cache.remember(true, good, of: "a", until: at(60))
        let guesses = try (0..<10).map { try #require(KeyDigest(app: "a", key: "guess \($0)")) }
        for guess in guesses { cache.remember(false, guess, of: "a", until: at(60)) }
        #expect(cache.count == 4)
        #expect(cache.verdict(on: good, at: at(1)) == true)
        let verdicts = guesses.map { cache.verdict(on: $0, at: at(1)) }
        #expect(verdicts == Array(repeating: nil, count: 7) + [false, false, false])
    }

    @Test("forgetting an app forgets all of its keys and no other's")
    func forget() throws {
        var cache = KeyCache(capacity: 10)
        let mine = try #require(KeyDigest(app: "a", key: "k"))
        let wrong = try #require(KeyDigest(app: "a", key: "w"))
        let other = try #require(KeyDigest(app: "b", key: "k"))
        cache.remember(true, mine, of: "a", until: at(60))
        cache.remember(false, wrong, of: "a", until: at(60))
        cache.remember(true, other, of: "b", until: at(60))
        cache.forget("a")
        #expect(cache.verdict(on: mine, at: at(1)) == nil)
        #expect(cache.verdict(on: wrong, at: at(1)) == nil)
        #expect(cache.verdict(on: other, at: at(1)) == true)
    }

    @Test("app and key cannot trade characters")
    func digest() throws {
        let digest = try #require(KeyDigest(app: "ab", key: "c"))
        #expect(digest == KeyDigest(app: "ab", key: "c"))
        #expect(digest != KeyDigest(app: "a", key: "bc"))
        #expect(KeyDigest(app: "a\0b", key: "c") == nil)
        #expect(KeyDigest(app: "a", key: "b\0c") != nil)
    }
}
