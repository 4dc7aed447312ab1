import Glibc

/// Memory that was freed and that the allocator keeps for later.
enum FreedMemory {
    /// `malloc_trim(3)`, which the standard library's module map does not have. Takes milliseconds for each 100 MB.
    private static let trim: (@convention(c) (Int) -> CInt)? = dlsym(nil, "malloc_trim").map {
        unsafeBitCast($0, to: (@convention(c) (Int) -> CInt).self)
    }

    /// Gives the system back what it can.
    static func giveBack() { _ = trim?(0) }
}
