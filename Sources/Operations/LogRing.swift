import Glibc
import Synchronization

/// Whole lines on their way from the threads that log to the one that writes.
///
/// The consumer takes no lock, so that a producer never waits for a thread that the scheduler put aside.
final class LogRing: @unchecked Sendable {
    // Unchecked: the bytes between `head` and `tail` are the consumer's, the others belong to the producer that
    // holds `producers`; the two counters hand them over.
    private let base: UnsafeMutableRawPointer
    private let capacity: Int
    /// Bytes taken in all.
    private let head = Atomic<Int>(0)
    /// Bytes added in all.
    private let tail = Atomic<Int>(0)
    private let producers = Mutex(())

    init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    var isEmpty: Bool { tail.load(ordering: .sequentiallyConsistent) == head.load(ordering: .acquiring) }
    /// Whether the consumer had better hurry.
    var isHalfFull: Bool { tail.load(ordering: .acquiring) - head.load(ordering: .acquiring) > capacity / 2 }

    /// Adds `line`, and a line end if it has none; false if there is no room.
    func add(_ line: UnsafeRawBufferPointer) -> Bool {
        let line = line.last == 0x0a ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
        return producers.withLock { _ in
            let end = tail.load(ordering: .relaxed)
            guard end - head.load(ordering: .acquiring) + line.count < capacity else { return false }
            copyIn(line, at: end)
            base.storeBytes(of: 0x0a, toByteOffset: (end + line.count) % capacity, as: UInt8.self)
            tail.store(end + line.count + 1, ordering: .sequentiallyConsistent)
            return true
        }
    }

    /// Copies as many whole lines to `target` as fit; the bytes. `target` must hold the longest line.
    func take(into target: UnsafeMutableRawBufferPointer) -> Int {
        let start = head.load(ordering: .relaxed)
        var count = min(tail.load(ordering: .acquiring) - start, target.count)
        guard count > 0, let destination = target.baseAddress else { return 0 }
        let first = min(count, capacity - start % capacity)
        memcpy(destination, base + start % capacity, first)
        memcpy(destination + first, base, count - first)
        while count > 0, target[count - 1] != 0x0a { count -= 1 }
        head.store(start + count, ordering: .releasing)
        return count
    }

    private func copyIn(_ line: UnsafeRawBufferPointer, at end: Int) {
        guard let source = line.baseAddress else { return }
        let first = min(line.count, capacity - end % capacity)
        memcpy(base + end % capacity, source, first)
        memcpy(base, source + first, line.count - first)
    }
}
