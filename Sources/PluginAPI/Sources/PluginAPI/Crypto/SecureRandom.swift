import Glibc
import Synchronization

/// Random bytes of the kernel, fit for keys and identifiers.
///
/// Small requests are served from a pool, because a system call for each identifier costs more than all the rest of
/// making it. Safe from every thread. A child made by `fork` alone would share the pool's next bytes; the product only
/// ever forks to `exec`.
public struct SecureRandom: RandomNumberGenerator, Sendable {
    private static let pool = Mutex(Pool())

    /// Makes a generator; all of them draw from the same pool.
    public init() {}

    /// Eight random bytes as a number.
    public func next() -> UInt64 {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 1) { word in
            word.initialize(repeating: 0)
            Self.fill(UnsafeMutableRawBufferPointer(word))
            return word[0]
        }
    }

    /// That many random bytes.
    public static func bytes(_ count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
            fill(UnsafeMutableRawBufferPointer(output))
            initialized = count
        }
    }

    /// Overwrites all of `output` with random bytes.
    public static func fill(_ output: UnsafeMutableRawBufferPointer) {
        if output.count > Pool.largestShare {
            fillFromKernel(output)
        } else {
            pool.withLock { $0.take(output) }
        }
    }

    /// `getentropy` gives up to 256 bytes at a time and is never interrupted; before the kernel's own pool is ready it
    /// waits. It fails only on kernels older than this product can run on, where going on would mean guessable keys.
    fileprivate static func fillFromKernel(_ output: UnsafeMutableRawBufferPointer) {
        var start = 0
        while start < output.count, let base = output.baseAddress {
            let count = min(256, output.count - start)
            precondition(getentropy(base + start, count) == 0, "the kernel offers no random bytes")
            start += count
        }
    }

    private struct Pool {
        static let size = 1024
        static let largestShare = 128

        private var bytes = [UInt8](repeating: 0, count: Pool.size)
        private var used = Pool.size

        /// Gives out fresh bytes and forgets them, so that memory read later betrays no key.
        mutating func take(_ output: UnsafeMutableRawBufferPointer) {
            if bytes.count - used < output.count {
                bytes.withUnsafeMutableBytes { fillFromKernel($0) }
                used = 0
            }
            bytes.withUnsafeMutableBytes { pool in
                let share = UnsafeMutableRawBufferPointer(rebasing: pool[used..<(used + output.count)])
                output.copyMemory(from: UnsafeRawBufferPointer(share))
                _ = share.initializeMemory(as: UInt8.self, repeating: 0)
            }
            used += output.count
        }
    }
}
