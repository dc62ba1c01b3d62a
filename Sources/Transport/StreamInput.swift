import Glibc

/// What a stream has received and its owner has not consumed. A view without a reference, so that looking at it
/// counts none; valid until `consume` or the stream's next read.
public struct StreamInput {
    /// The bytes.
    public let readable: UnsafeRawBufferPointer
    /// How many.
    public var count: Int { readable.count }
    /// Whether there are none.
    public var isEmpty: Bool { readable.isEmpty }
}

/// The storage behind a stream's input: one block of its pool's size while there are bytes, nothing else. A plain
/// value: whoever has it gives the block back.
struct InputBlock {
    private var base: UnsafeMutableRawPointer?
    private var start = 0
    private var end = 0

    /// Bytes held.
    var count: Int { end - start }
    /// What is held; nil while nothing is.
    var view: StreamInput? {
        guard let base, end > start else { return nil }
        return StreamInput(readable: UnsafeRawBufferPointer(start: base + start, count: end - start))
    }

    /// The free space behind the content, as large as it can be; fill it, then `commit`.
    @inline(__always)
    mutating func writable(_ pool: BufferPool) -> UnsafeMutableRawBufferPointer {
        let block = base ?? pool.takeBlock()
        base = block
        if start > 0 {
            memmove(block, block + start, end - start)
            end -= start
            start = 0
        }
        return UnsafeMutableRawBufferPointer(start: block + end, count: pool.blockSize - end)
    }

    /// Takes over `count` bytes that were put into `writable`.
    mutating func commit(_ count: Int, _ pool: BufferPool) {
        precondition(count >= 0 && count <= pool.blockSize - end)
        end += count
    }

    /// Drops `count` bytes at the front; an emptied block goes back to the pool.
    @inline(__always)
    mutating func consume(_ count: Int, _ pool: BufferPool) {
        precondition(count >= 0 && count <= end - start)
        start += count
        if start == end { release(pool) }
    }

    /// Drops everything.
    mutating func release(_ pool: BufferPool) {
        guard let block = base else { return }
        pool.give(block: block)
        base = nil
        start = 0
        end = 0
    }
}
