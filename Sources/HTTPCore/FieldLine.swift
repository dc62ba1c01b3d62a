/// Where one header line lies in the bytes of its head, and what the parser knows about it. Offsets count
/// from the first byte of the span that the parser was given.
public struct FieldLine: Sendable, Equatable {
    @usableFromInline var nameStart: UInt32
    @usableFromInline var nameEnd: UInt32
    @usableFromInline var valueStart: UInt32
    @usableFromInline var valueEnd: UInt32

    /// The field, where its name is one the gateway knows.
    public var id: FieldID

    /// Meant for this connection alone, by its name or because `Connection` names it: never forwarded
    /// (RFC 9110 section 7.6.1).
    public var isHopByHop: Bool

    /// The name has a token character other than letters, digits and hyphens, such as `_` or `.`.
    public var hasUnderscoreOrDot: Bool

    /// A line; offsets must be below 2^32, which the limit on a head's size ensures.
    @inlinable @inline(__always)
    public init(id: FieldID, name: Range<Int>, value: Range<Int>, hasUnderscoreOrDot: Bool = false) {
        nameStart = UInt32(truncatingIfNeeded: name.lowerBound)
        nameEnd = UInt32(truncatingIfNeeded: name.upperBound)
        valueStart = UInt32(truncatingIfNeeded: value.lowerBound)
        valueEnd = UInt32(truncatingIfNeeded: value.upperBound)
        self.id = id
        isHopByHop = id.isHopByHop
        self.hasUnderscoreOrDot = hasUnderscoreOrDot
    }

    /// The name's bytes.
    @inlinable public var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }

    /// The value's bytes, without blanks around it.
    @inlinable public var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
}
