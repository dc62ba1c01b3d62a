/// Makes version 7 UUIDs (RFC 9562, 5.7): they sort by time and name nothing secret.
///
/// Random bytes are fetched in bulk and handed out once each. One generator a worker; it stays on its thread.
public final class UUIDGenerator {
    /// Characters of a UUID's text.
    public static let textCount = 36
    private static let drawCount = 10

    private var pool = [UInt8](repeating: 0, count: drawCount * 400)
    private var used: Int
    private let random: (UnsafeMutableRawBufferPointer) throws(RandomFailure) -> Void

    /// A generator on `RandomBytes`.
    public convenience init() {
        self.init(random: RandomBytes.fill)
    }

    /// A generator on another source of randomness, such as one that fails.
    init(random: @escaping (UnsafeMutableRawBufferPointer) throws(RandomFailure) -> Void) {
        self.random = random
        used = pool.count
    }

    /// Writes the lower-case text of a new UUID to the start of `target`, which must hold `textCount` bytes.
    ///
    /// - Parameter milliseconds: since 1970, clamped to the 48 bits that there are for it.
    /// - Returns: false if `target` is too small.
    /// - Throws: `RandomFailure`.
    @discardableResult
    public func write(
        milliseconds: Int64, into target: UnsafeMutableRawBufferPointer
    ) throws(RandomFailure) -> Bool {
        guard target.count >= Self.textCount else { return false }
        let (high, low) = try draw()
        let time = UInt64(clamping: max(0, min(milliseconds, 1 << 48 - 1)))
        let head = time << 16 | 0x7000 | high & 0xfff
        let tail = low & (1 << 62 - 1) | 1 << 63
        let first = Self.digits(UInt32(truncatingIfNeeded: head >> 32))
        let second = Self.digits(UInt32(truncatingIfNeeded: head))
        let third = Self.digits(UInt32(truncatingIfNeeded: tail >> 32))
        let fourth = Self.digits(UInt32(truncatingIfNeeded: tail))
        target.storeBytes(of: first, toByteOffset: 0, as: UInt64.self)
        target.storeBytes(of: UInt32(truncatingIfNeeded: second), toByteOffset: 9, as: UInt32.self)
        target.storeBytes(of: UInt32(truncatingIfNeeded: second >> 32), toByteOffset: 14, as: UInt32.self)
        target.storeBytes(of: UInt32(truncatingIfNeeded: third), toByteOffset: 19, as: UInt32.self)
        target.storeBytes(of: UInt32(truncatingIfNeeded: third >> 32), toByteOffset: 24, as: UInt32.self)
        target.storeBytes(of: fourth, toByteOffset: 28, as: UInt64.self)
        target[8] = UInt8(ascii: "-")
        target[13] = UInt8(ascii: "-")
        target[18] = UInt8(ascii: "-")
        target[23] = UInt8(ascii: "-")
        return true
    }

    /// The text of a new UUID.
    ///
    /// - Throws: `RandomFailure`.
    public func make(milliseconds: Int64) throws(RandomFailure) -> [UInt8] {
        var text = [UInt8](repeating: 0, count: Self.textCount)
        var failed = false
        text.withUnsafeMutableBytes { target in
            do throws(RandomFailure) { try write(milliseconds: milliseconds, into: target) } catch {
                failed = true
            }
        }
        guard !failed else { throw RandomFailure() }
        return text
    }

    /// The next 2 and 8 bytes of the pool, which is filled again first if it has run out.
    private func draw() throws(RandomFailure) -> (UInt64, UInt64) {
        if used + Self.drawCount > pool.count {
            var failed = false
            pool.withUnsafeMutableBytes { buffer in
                do throws(RandomFailure) { try random(buffer) } catch { failed = true }
            }
            guard !failed else { throw RandomFailure() }
            used = 0
        }
        let start = used
        used += Self.drawCount
        return pool.withUnsafeBytes { bytes in
            (
                UInt64(bytes.loadUnaligned(fromByteOffset: start, as: UInt16.self)),
                bytes.loadUnaligned(fromByteOffset: start + 2, as: UInt64.self)
            )
        }
    }

    /// The eight hexadecimal digits of `value`, the first in the lowest byte: each nibble gets a byte of its own,
    /// then those above 9 the distance to the letters.
    private static func digits(_ value: UInt32) -> UInt64 {
        var spread = UInt64(value)
        spread = (spread & 0xffff_0000) << 16 | spread & 0xffff
        spread = (spread << 8 | spread) & 0x00ff_00ff_00ff_00ff
        spread = (spread << 4 | spread) & 0x0f0f_0f0f_0f0f_0f0f
        let letters = (spread &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return (spread &+ 0x3030_3030_3030_3030 &+ letters &* 0x27).byteSwapped
    }
}
