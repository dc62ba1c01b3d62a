import HTTPCore

/// Elements of a comma-separated field value (RFC 9110, 5.6.1); empty ones are skipped.
enum ListElements {
    static func forEach<Failure: Error>(
        _ bytes: Span<UInt8>, _ value: Range<Int>, _ body: (Range<Int>) throws(Failure) -> Void
    ) throws(Failure) {
        var start = value.lowerBound
        while start < value.upperBound {
            var end = start
            while end < value.upperBound && bytes[end] != UInt8(ascii: ",") { end += 1 }
            let element = bytes.trimmed(start..<end)
            if !element.isEmpty { try body(element) }
            start = end + 1
        }
    }
}
