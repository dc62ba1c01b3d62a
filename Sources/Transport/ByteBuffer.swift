import Glibc

/// A contiguous queue of bytes: filled at the end, consumed at the front. Confined to its loop's thread.
///
/// Offsets that a parser keeps are relative to `readable`'s first byte and survive `compact()` and growth.
public final class ByteBuffer {
    /// Bytes that can be held before the storage has to grow.
    public private(set) var capacity: Int
    private var base: UnsafeMutableRawPointer
    private var start = 0
    private var end = 0

    /// Makes an empty buffer of `capacity` bytes (at least 1).
    public init(capacity: Int) {
        self.capacity = max(capacity, 1)
        base = UnsafeMutableRawPointer.allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    /// Bytes held.
    public var count: Int { end - start }
    /// Whether nothing is held.
    public var isEmpty: Bool { end == start }
    /// The content; valid until the next mutation.
    public var readable: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + start, count: end - start)
    }
    /// The content for changing in place; valid until the next mutation.
    public var mutableReadable: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base + start, count: end - start)
    }

    /// Drops `count` bytes at the front.
    public func consume(_ count: Int) {
        precondition(count >= 0 && count <= end - start)
        start += count
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Drops the last bytes so that `count` are left; takes back what was appended in vain.
    public func truncate(to count: Int) {
        precondition(count >= 0 && count <= end - start)
        end = start + count
    }

    /// Drops everything.
    public func removeAll() {
        start = 0
        end = 0
    }

    /// Moves the content to the front of the storage.
    public func compact() {
        guard start > 0 else { return }
        if end > start { memmove(base, base + start, end - start) }
        end -= start
        start = 0
    }

    /// Makes room for `additional` bytes, growing the storage if need be.
    public func reserve(_ additional: Int) {
        if capacity - end >= additional { return }
        if capacity - count >= additional && start >= count {
            compact()
            return
        }
        let needed = count + additional
        let larger = max(needed, capacity * 2)
        let fresh = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        memcpy(fresh, base + start, count)
        base.deallocate()
        base = fresh
        end -= start
        start = 0
        capacity = larger
    }

    /// Appends a copy of `bytes`.
    public func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        memcpy(grown(by: bytes.count), source, bytes.count)
    }

    /// Appends a copy of `bytes`.
    public func append(_ bytes: [UInt8]) {
        if bytes.isEmpty { return }
        let target = grown(by: bytes.count)
        // The closure holds no reference to the buffer: that would be a retain for each append.
        bytes.withUnsafeBytes { source in
            if let base = source.baseAddress { memcpy(target, base, source.count) }
        }
    }

    /// Appends the UTF-8 bytes of a literal.
    public func append(_ literal: StaticString) {
        let count = literal.utf8CodeUnitCount
        memcpy(grown(by: count), literal.utf8Start, count)
    }

    /// Takes `count` more bytes into the content and returns where they are to be put.
    @inline(__always)
    private func grown(by count: Int) -> UnsafeMutableRawPointer {
        if capacity - end < count { reserve(count) }
        let target = base + end
        end += count
        return target
    }

    /// Appends one byte.
    public func append(_ byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
        end += 1
    }

    /// Appends the UTF-8 bytes of `text`. Labelled, so that a literal is a `StaticString` and costs no more than a copy.
    public func append(text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends `number` in decimal digits.
    public func append(decimal number: Int) {
        guard number >= 0 else {
            append(UInt8(ascii: "-"))
            append(magnitude: number.magnitude)
            return
        }
        append(magnitude: number.magnitude)
    }

    private func append(magnitude: UInt) {
        reserve(20)
        var digits = 1
        var rest = magnitude / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        var position = end + digits
        var value = magnitude
        repeat {
            position -= 1
            base.storeBytes(of: UInt8(48 + value % 10), toByteOffset: position, as: UInt8.self)
            value /= 10
        } while position > end
        end += digits
    }

    /// Appends `number` in lower-case hexadecimal digits, as a chunk size line wants it (RFC 9112, 7.1).
    public func append(hexadecimal number: Int) {
        var shift = 60
        let value = UInt(bitPattern: number)
        while shift > 0 && (value >> UInt(shift)) & 15 == 0 { shift -= 4 }
        reserve(16)
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: (value >> UInt(shift)) & 15)
            base.storeBytes(of: digit < 10 ? 48 + digit : 87 + digit, toByteOffset: end, as: UInt8.self)
            end += 1
            shift -= 4
        }
    }
}

/// Buffers of one size, kept for reuse so that a connection at rest holds none.
public final class BufferPool {
    /// Bytes of each buffer.
    public let blockSize: Int
    private let limit: Int
    private var free: [ByteBuffer] = []
    private var freeBlocks: ContiguousArray<UnsafeMutableRawPointer> = []

    /// A pool of buffers of `blockSize` bytes that keeps at most `limit` unused ones.
    public init(blockSize: Int, limit: Int) {
        self.blockSize = blockSize
        self.limit = limit
    }

    deinit { for block in freeBlocks { block.deallocate() } }

    /// An empty buffer.
    public func take() -> ByteBuffer {
        free.popLast() ?? ByteBuffer(capacity: blockSize)
    }

    /// Takes a buffer back; one that grew is let go.
    public func give(_ buffer: ByteBuffer) {
        guard buffer.capacity == blockSize, free.count < limit else { return }
        buffer.removeAll()
        free.append(buffer)
    }

    /// A bare block of `blockSize` bytes.
    func takeBlock() -> UnsafeMutableRawPointer {
        freeBlocks.popLast() ?? .allocate(byteCount: blockSize, alignment: 16)
    }

    /// Takes a bare block back.
    func give(block: UnsafeMutableRawPointer) {
        guard freeBlocks.count < limit else {
            block.deallocate()
            return
        }
        freeBlocks.append(block)
    }
}
