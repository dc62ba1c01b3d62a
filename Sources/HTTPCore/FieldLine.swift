/// One field line of a head, as offsets from the head's first byte.
public struct FieldLine: Sendable {
    private let nameStart: UInt32
    private let nameCount: UInt32
    private let valueStart: UInt32
    private let valueCount: UInt32
    /// Which name it is.
    public let id: FieldID
    /// The name has a byte other than letters, digits and `-`, so some origins take it for another name.
    public let hasUnderscoreOrDot: Bool
    /// Connection names it (RFC 9110, 7.6.1), or it is hop-by-hop anyway.
    public var isHopByHop = false

    /// A line whose parts are at these offsets.
    public init(name: Range<Int>, value: Range<Int>, id: FieldID, hasUnderscoreOrDot: Bool) {
        nameStart = UInt32(clamping: name.lowerBound)
        nameCount = UInt32(clamping: name.count)
        valueStart = UInt32(clamping: value.lowerBound)
        valueCount = UInt32(clamping: value.count)
        self.id = id
        self.hasUnderscoreOrDot = hasUnderscoreOrDot
    }

    /// The name.
    public var name: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameCount) }
    /// The value, without blanks at its ends.
    public var value: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueCount) }
}
