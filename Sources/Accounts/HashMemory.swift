internal import Glibc

/// The working memory of a hash, straight from the kernel and back to it.
///
/// malloc would keep a freed block of this size in the thread's heap, so that one login made a worker some
/// 20 MB larger for good. Huge pages make up for the page faults that fresh memory costs.
enum HashMemory {
    private static let hugePage = 2 << 20

    /// `count` zero bytes, or nil. Left out of core dumps.
    static func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        guard count > 0 else { return nil }
        guard count >= hugePage else { return map(count) }
        let size = roundedUp(count)
        // A huge page begins at a multiple of its size: map one page more and cut both ends off.
        guard let base = map(size + hugePage) else { return nil }
        let skipped = roundedUp(Int(bitPattern: base)) - Int(bitPattern: base)
        if skipped > 0 { munmap(base, skipped) }
        if skipped < hugePage { munmap(base + skipped + size, hugePage - skipped) }
        madvise(base + skipped, size, CInt(MADV_HUGEPAGE))
        return base + skipped
    }

    /// Gives back what `allocate` returned for the same `count`.
    static func free(_ base: UnsafeMutableRawPointer, _ count: Int) {
        munmap(base, count >= hugePage ? roundedUp(count) : count)
    }

    private static func map(_ count: Int) -> UnsafeMutableRawPointer? {
        guard let base = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            Int(bitPattern: base) != -1  // MAP_FAILED
        else { return nil }
        madvise(base, count, CInt(MADV_DONTDUMP))
        return base
    }

    private static func roundedUp(_ value: Int) -> Int { (value + hugePage - 1) & ~(hugePage - 1) }
}
