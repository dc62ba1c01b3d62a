public import HTTPCore

/// The W3C Trace Context of a request: who calls, as part of which trace.
public struct TraceContext: Sendable {
    /// Most bytes of `tracestate` that are passed on, over all its lines (W3C Trace Context, 3.3.1.5).
    private static let longestState = 512

    /// The 32 hexadecimal digits of the trace's id, counted as the lines are.
    public let traceID: Range<Int>

    /// Whether `tracestate` may be passed on; without it the trace is the same.
    public let hasFitState: Bool

    /// The context that `fields` tell; nil where there is no `traceparent`, or none that is valid: then
    /// `tracestate` says nothing either (W3C Trace Context, 3.2.2 and 3.3.1).
    public init?(_ fields: [FieldLine], _ bytes: Span<UInt8>) {
        var parent: Range<Int>?
        var stateLength = 0
        var isStateClean = true
        for line in fields where !line.isHopByHop {
            if line.id == .traceparent {
                guard parent == nil else { return nil }
                parent = line.value
            } else if line.id == .tracestate {
                stateLength += line.value.count + (stateLength == 0 ? 0 : 1)
                isStateClean = isStateClean && Self.isVisible(bytes, line.value)
            }
        }
        guard let parent, let traceID = Self.traceID(bytes, parent) else { return nil }
        self.traceID = traceID
        hasFitState = isStateClean && stateLength <= Self.longestState
    }

    /// `00-` 32 digits `-` 16 digits `-` 2 digits, in lower case, and neither id all zero.
    private static func traceID(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int>? {
        guard range.count == 55 else { return nil }
        let start = range.lowerBound
        guard bytes[start] == 0x30, bytes[start + 1] == 0x30 else { return nil }
        for place in [2, 35, 52] where bytes[start + place] != 0x2d { return nil }
        let trace = (start + 3)..<(start + 35)
        guard isID(bytes, trace), isID(bytes, (start + 36)..<(start + 52)) else { return nil }
        guard isDigit(bytes[start + 53]), isDigit(bytes[start + 54]) else { return nil }
        return trace
    }

    private static func isID(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var hasOther = false
        for index in range {
            guard isDigit(bytes[index]) else { return false }
            if bytes[index] != 0x30 { hasOther = true }
        }
        return hasOther
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        ASCII.isDigit(byte) || byte >= 0x61 && byte <= 0x66
    }

    private static func isVisible(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for index in range where bytes[index] != 0x09 && !(0x20...0x7e).contains(bytes[index]) {
            return false
        }
        return true
    }
}
