import NIOCore
import PluginAPI
import Testing

@Suite("Token bucket")
struct TokenBucketTests {
    private static let second: Int64 = 1_000_000_000

    @Test("A full bucket gives its capacity at once, then rejects until a token has come")
    func burstThenReject() {
        var bucket = TokenBucket(capacity: 3, refillPerSecond: 2)
        let start = 100 * Self.second
        for _ in 0..<3 { #expect(bucket.take(at: start) == .now) }
        #expect(bucket.take(at: start) == .rejected(retryAfter: .milliseconds(500)))
        #expect(bucket.take(at: start + Self.second / 4) == .rejected(retryAfter: .milliseconds(250)))
        #expect(bucket.take(at: start + Self.second / 2) == .now)
        #expect(bucket.take(at: start + Self.second / 2) == .rejected(retryAfter: .milliseconds(500)))
    }

    @Test("With debt a take is a reservation, each one later, up to the bound")
    func delaysBeforeRejecting() {
        var bucket = TokenBucket(capacity: 1, refillPerSecond: 10, maxDebt: 2)
        #expect(bucket.take(at: 0) == .now)
        #expect(bucket.take(at: 0) == .after(.milliseconds(100)))
        #expect(bucket.take(at: 0) == .after(.milliseconds(200)))
        #expect(bucket.take(at: 0) == .rejected(retryAfter: .milliseconds(100)))
        #expect(bucket.take(at: Self.second / 10) == .after(.milliseconds(200)))
    }

    @Test("A rejected take costs nothing: retrying does not put the next token off")
    func rejectionIsFree() {
        var bucket = TokenBucket(capacity: 1, refillPerSecond: 1)
        #expect(bucket.take(at: 0) == .now)
        for _ in 0..<1_000 { #expect(bucket.take(at: Self.second - 1) == .rejected(retryAfter: .nanoseconds(1))) }
        #expect(bucket.take(at: Self.second) == .now)
    }

    @Test("However long it idles, it never holds more than its capacity")
    func capacityIsTheMost() {
        var bucket = TokenBucket(capacity: 2, refillPerSecond: 5)
        _ = bucket.take(at: 0)
        #expect(!bucket.isFull(at: 0))
        #expect(bucket.isFull(at: Self.second))
        let later = 1_000_000 * Self.second
        #expect(bucket.take(at: later) == .now)
        #expect(bucket.take(at: later) == .now)
        #expect(bucket.take(at: later) != .now)
    }

    @Test("Over a long time it admits capacity plus refill")
    func longRun() {
        var bucket = TokenBucket(capacity: 20, refillPerSecond: 5)
        var admitted = 0
        for step in Int64(0)..<10_000 where bucket.take(at: step * Self.second / 100) == .now { admitted += 1 }
        #expect((519...520).contains(admitted))
    }

    @Test("NIO's clock counts the same nanoseconds")
    func deadlines() {
        var bucket = TokenBucket(capacity: 1, refillPerSecond: 1)
        #expect(bucket.take(at: NIODeadline.uptimeNanoseconds(5)) == .now)
        #expect(bucket.take(at: Self.second + 5) == .now)
        #expect(bucket.take(at: NIODeadline.distantFuture) == .now)
    }

    @Test(
        "Settings and instants without sense do not trap",
        arguments: [0, -1, .nan, .infinity, 1e-300, 1e300, .greatestFiniteMagnitude])
    func absurdRates(rate: Double) {
        for capacity in [Int.min, 0, 1, .max] {
            for debt in [Int.min, 0, .max] {
                var bucket = TokenBucket(capacity: capacity, refillPerSecond: rate, maxDebt: debt)
                #expect(bucket.take(at: 0) == .now)
                for instant in [Int64.max, .min, 0, 1, .max, .max] { _ = bucket.take(at: instant) }
            }
        }
    }
}
